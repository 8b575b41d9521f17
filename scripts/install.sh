#!/usr/bin/env bash
# `make install`: puts the built backend, its units and nginx's configuration in place, and says what is left to do.
#     PREFIX=/usr/local DESTDIR= [INSTANCE=production DOMAIN=auth.example.vn] install.sh
# Program, units and what lies in PREFIX are replaced; a file in /etc that is there already is the operator's, and stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/install-layout.sh

# nginx 1.25.1 and later, as on Debian 13, warn of `listen … http2`, and earlier ones do not know `http2 on`.
http2=()
for nginx in "$destdir/usr/sbin/nginx" "$(command -v nginx || true)"; do
    if [[ $("$nginx" -v 2>&1) =~ nginx/([0-9]+)\.([0-9]+)\.([0-9]+) ]]; then
        if ((BASH_REMATCH[1] * 1000000 + BASH_REMATCH[2] * 1000 + BASH_REMATCH[3] >= 1025001)); then
            http2=(-e '/listen \[::\].* http2/a\    http2 on;' -e 's/^\( *listen .*\) http2/\1/')
        fi
        break
    fi
done

# rendered FILE: with the real prefix and names.
rendered() { sed -e "s|/usr/local/|$prefix/|g; s|@INSTANCE@|$instance|g; s|@DOMAIN@|$domain|g" "${http2[@]}" "$1"; }

# replace SOURCE TARGET: ours.
replace() { rendered "$1" | install -D -m 644 /dev/stdin "$destdir$2"; }

# keep SOURCE TARGET: the operator's, once it is there.
keep() {
    if [[ ! -e $destdir$2 ]]; then
        replace "$1" "$2"
    elif ! rendered "$1" | cmp -s - "$destdir$2"; then
        echo "  kept $destdir$2; $1 of this version differs:"
        rendered "$1" | diff -U0 "$destdir$2" - | sed -n '/^[-+][^-+]/s/^/    /p' || true
    fi
}

binary=${PRODUCTS_DIRECTORY:-.build/release}/tiniapp-auth-backend
[[ -x $binary ]] || fail "there is no $binary; build it first: make release"
if [[ $(ldd "$binary" 2>/dev/null) == *libswift* ]]; then
    fail "$binary needs a Swift runtime, which the target need not have; build it again: make release"
fi
if [[ -n $instance$domain ]]; then
    [[ $instance =~ ^[a-z0-9][a-z0-9_-]{0,63}$ && $instance != default ]] ||
        fail "INSTANCE must be a name of a-z, 0-9, _ and -, such as production; not '$instance'."
    [[ $domain =~ ^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$ ]] ||
        fail "DOMAIN must be the host name that the app calls, such as auth.example.vn; not '$domain'."
fi
if [[ ! -w ${destdir:-/etc} && -e ${destdir:-/etc} ]]; then
    fail "cannot write to ${destdir:-/etc}: run it as root (sudo make install …)."
fi

echo "Installing into ${destdir:-/} with prefix $prefix"
strip=()
! command -v strip >/dev/null || strip=(--strip)
program=$destdir$prefix/bin/tiniapp-auth-backend
install -D -m 755 "${strip[@]}" "$binary" "$program.new"
# The way back, if the new one fails. By rename, so that there is a whole program at any time.
if [[ -e $program ]] && ! cmp -s "$program" "$program.new"; then
    cp -p "$program" "$program.previous"
fi
mv "$program.new" "$program"
for shell in "${!completions[@]}"; do
    # It runs where it is installed, not always where it is packed.
    if script=$("$binary" --generate-completion-script "$shell" 2>/dev/null); then
        install -D -m 644 /dev/stdin "$destdir${completions[$shell]}" <<<"$script"
    else
        echo "  no completions for $shell: $binary does not run here (is libfcgi0ldbl missing?)"
    fi
done
for file in "${shared_nginx[@]}"; do
    replace "nginx/$file" "$share/nginx/$file"
done
for unit in "${units[@]}"; do
    replace "systemd/$unit" "$unit_dir/$unit"
done
replace systemd/nginx-no-core-dumps.conf "$nginx_unit"
replace nginx/vm-http.conf "$http_conf"

for file in "${own_nginx[@]}"; do
    keep "nginx/$file" "$etc/nginx/$file"
done
install -d -m 755 "$destdir$validation"
keep nginx/vm-default.conf "$sites/tiniapp-auth-backend-default.conf"
if [[ $instance ]]; then
    keep systemd/instance.env "$etc/$instance.env"
    keep nginx/vm-site.conf.template "$sites/tiniapp-auth-backend-$instance.conf"
fi
if [[ -z $destdir && -d /run/systemd/system ]]; then
    systemctl daemon-reload
fi

# --- what is left to do -----------------------------------------------------------------------------------

step=0
todo() {
    ((step++)) || echo "Left to do, as root:"
    printf '  %d. %s\n' "$step" "$1"
    shift
    (($# == 0)) || printf '       %s\n' "$@"
}

if [[ -z $instance ]]; then
    todo "for each instance: make install INSTANCE=production DOMAIN=auth.example.vn"
else
    if [[ ! -e $destdir/usr/sbin/nginx || -z $(compgen -G "$destdir/usr/lib/*/libfcgi.so.0") ]]; then
        todo "the packages it needs" "apt-get install --no-install-recommends nginx-light libfcgi0ldbl ca-certificates procps certbot curl jq"
    fi
    if grep -q '^CLIENT_KEY=$' "$destdir$etc/$instance.env"; then
        todo "the client key and Tiki's endpoint" "editor $etc/$instance.env"
    fi
    if [[ ! -s $destdir$etc/$instance.secret ]]; then
        todo "the client secret: paste it, Enter, Ctrl-D" "(umask 077; cat >$etc/$instance.secret)"
    fi
    if [[ ! -e $destdir/etc/letsencrypt/live/$domain/fullchain.pem ]]; then
        todo "the certificate" \
            "rm -f /etc/nginx/sites-enabled/default" \
            "ln -sf $sites/tiniapp-auth-backend-default.conf /etc/nginx/sites-enabled/" \
            "systemctl enable nginx && systemctl restart nginx" \
            "certbot certonly --webroot -w /var/www/html -d $domain --deploy-hook 'systemctl reload-or-restart nginx'"
    fi
    if [[ ! -L $destdir/etc/systemd/system/sockets.target.wants/tiniapp-auth-backend@$instance.socket ]]; then
        todo "the service" "systemctl enable --now tiniapp-auth-backend@$instance.socket tiniapp-auth-backend@$instance.service"
    fi
    if [[ ! -L $destdir/etc/nginx/sites-enabled/tiniapp-auth-backend-$instance.conf ]]; then
        todo "the site" \
            "rm -f /etc/nginx/sites-enabled/default" \
            "ln -sf $sites/tiniapp-auth-backend-{default,$instance}.conf /etc/nginx/sites-enabled/" \
            "nginx -t && systemctl enable nginx && systemctl restart nginx"
    fi
fi
if [[ -z $destdir && -d /run/systemd/system && -n $(systemctl list-units --plain --no-legend 'tiniapp-auth-backend@*.service') ]]; then
    todo "to run this version: systemctl restart 'tiniapp-auth-backend@*.service' && nginx -t && systemctl reload-or-restart nginx"
fi
((step)) || echo "Nothing is left to do."
