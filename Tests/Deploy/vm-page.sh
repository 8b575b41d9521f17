# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# The commands of docs/deploy-vm.md in their order, on a machine where `make run` has left nginx disabled. Sourced by
# vm.sh, after the installation of before has been removed.
#
# Taken in place of what cannot be had in the tree: packages are there already, the program is built already, the editor's
# and the terminal's input come from here, and certbot is a script that asks nginx for its challenge, as Let's Encrypt
# would, and brings a certificate of our own authority.

name=${domain[production]}
rm -rf "$tree"/etc/tiniapp-auth-backend "$tree"/etc/nginx/sites-*/tiniapp-auth-backend-* \
    "$tree/etc/letsencrypt/live/$name"
in_tree systemctl disable --now nginx 2>/dev/null
ln -sf ../sites-available/default "$tree/etc/nginx/sites-enabled/default"
certificate "$name" "$tree/root/certificate" rsa:2048

cat >"$tree/usr/local/bin/certbot" <<'SCRIPT'
#!/bin/bash
set -euo pipefail
while (($#)); do
    case $1 in
        -d) domain=$2 ;;
        -w) root=$2 ;;
        --deploy-hook) hook=$2 ;;
    esac
    shift
done
mkdir -p "$root/.well-known/acme-challenge"
echo proof >"$root/.well-known/acme-challenge/token"
[[ $(curl -s --resolve "$domain:80:127.0.0.1" "http://$domain/.well-known/acme-challenge/token") == proof ]]
mkdir -p "/etc/letsencrypt/live/$domain"
cp /root/certificate/*.pem "/etc/letsencrypt/live/$domain"
bash -c "$hook"
SCRIPT
cat >"$tree/usr/local/bin/editor" <<SCRIPT
#!/bin/bash
sed -i 's/^CLIENT_KEY=.*/CLIENT_KEY=${client_key[production]}/' "\$1"
printf '%s\n' UPSTREAM_CA_FILE=/etc/ssl/tiki-ca.pem \
    AUTH_ENDPOINT=https://tiki.test:${tiki_port[production]}/tiniapp-open-api/oauth/auth/token >>"\$1"
SCRIPT
chmod 755 "$tree"/usr/local/bin/{certbot,editor}

# page_commands HEADING [NUMBERS]: the commands of the page's first block below that heading, or of those from-to.
page_commands() {
    local blocks=${2:-1}
    awk -v heading="$1" -v from="${blocks%-*}" -v to="${blocks#*-}" '
        /^#/ && !inside { here = $0 == heading; block = 0 }
        /^```/ {
            if (!inside && /^```sh/ && here) block++
            inside = !inside
            next
        }
        inside && here && block >= from && block <= to' "${page:-docs/deploy-vm.md}"
}

# run_page HEADING [NUMBERS]: in one shell, as they would be pasted; the secret is what is typed.
run_page() {
    local commands
    # shellcheck disable=SC2016  # for the tree's shell
    commands=$(page_commands "$@" | sed -e "s/auth\.example\.vn/$name/g" \
        -e 's/^apt-get install --no-install-recommends/dpkg-query -W/; s/ certbot / /' \
        -e 's|^make release.*|test -x "$PRODUCTS_DIRECTORY/tiniapp-auth-backend"|' \
        -e "s|rediss://store.example.vn:6379|redis://127.0.0.1:1|" \
        -e "s|^curl https|curl --silent --fail --cacert /etc/ssl/tiki-ca.pem --resolve $name:443:127.0.0.1 https|")
    [[ $commands ]] || return 1
    printf '%s\n' "${secret[production]}" >"$tree/root/typed"
    in_tree env PRODUCTS_DIRECTORY=/mnt/products bash -euo pipefail -c \
        "cd /mnt/source && exec </root/typed"$'\n'"$commands" 2>&1
}

holds "the page's steps, in their order, after make run" run_page "# On a VM" 1-4
equal "nginx starts with the machine" enabled "$(in_tree systemctl is-enabled nginx)"
equal "nobody else can read the secret" 600 "$(stat -c %a "$tree/etc/tiniapp-auth-backend/production.secret")"
has "an exchange works" '"access_token"' \
    "$(https production /auth_exchange -d "{\"code\":\"$(one_code production)\"}")"

# The store's password as a credential. There is no store, which only the log minds.
page=docs/scaling.md holds "a store's steps" run_page "## A store that instances share"
has "the store is looked for, with the password from the credential" "the shared store" \
    "$(in_tree journalctl -o cat -t tiniapp-auth-backend@production -n 5)"
holds "logins go on without it" eventually 5 is_ready production
set_setting production SHARED_STORE_USER app
equal "a command has the password too, which a user needs" "exit code 0" "$(as_instance production check | tail -n 1)"
sed -i '/^SHARED_STORE_USER=/d' "$tree/etc/tiniapp-auth-backend/production.env"
rm -r "$tree/etc/systemd/system/tiniapp-auth-backend@production.service.d"
sed -i '/^SHARED_STORE=/d' "$tree/etc/tiniapp-auth-backend/production.env"
holds "and the steps back" in_tree bash -c \
    'systemctl daemon-reload && systemctl restart tiniapp-auth-backend@production'

# As if it had been another version.
program=$tree/usr/local/bin/tiniapp-auth-backend
cp -p "$program" "$program.other" && echo >>"$program.other" && mv "$program.other" "$program"
old=$(sha256sum <"$program")
holds "the update" run_page "## An update, and one step back"
equal "the executable of before is kept" "$old" "$(sha256sum <"$program.previous")"
has "the new one answers" ready "$(https production /health/ready)$(is_ready production && echo ready)"
holds "one step back" run_page "## An update, and one step back" 2
equal "then the old one runs" "$old" "$(sha256sum <"$program")"
holds "and answers" eventually 5 is_ready production

holds "the page's way to remove it" run_page "## Remove it"
holds "nginx goes on" in_tree nginx -t
holds "also from the start" in_tree systemctl restart nginx
