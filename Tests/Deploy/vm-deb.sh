# shellcheck shell=bash disable=SC2154  # vm.sh sets them
# The Debian package: installed, set up, upgraded and downgraded under load, removed, purged. Sourced by vm.sh; begins
# without an installation.

name=${domain[production]}
rm -rf "$tree"/etc/tiniapp-auth-backend "$tree"/etc/nginx/sites-*/tiniapp-auth-backend-*
ln -sf ../sites-available/default "$tree/etc/nginx/sites-enabled/default"
in_tree systemctl enable --now nginx 2>/dev/null

holds "make deb's package, and lintian has nothing to say" env DIST="$work" VERSION=1.0.0 PRODUCTS_DIRECTORY="$products" scripts/deb.sh
old=$work/tiniapp-auth-backend_1.0.0_$(dpkg --print-architecture).deb
# The next version: another executable, another nginx file.
dpkg-deb -R "$old" "$work/next"
sed -i 's/^Version: .*/Version: 1.1.0/' "$work/next/DEBIAN/control"
echo >>"$work/next/usr/bin/tiniapp-auth-backend"
echo "# the next version" >>"$work/next/usr/share/tiniapp-auth-backend/nginx/routes.conf"
dpkg-deb --root-owner-group -Znone -b "$work/next" "$tree/root/new.deb" >/dev/null
cp "$old" "$tree/root/old.deb"

package() { in_tree env DEBIAN_FRONTEND=noninteractive dpkg --force-confold "$@" 2>&1; }
# shellcheck disable=SC2016  # dpkg-query's own placeholders
version() { in_tree dpkg-query -W -f '${Version} ${db:Status-Status}' tiniapp-auth-backend; }
nginx_starts() {
    equal "nginx -t says nothing $1" "" "$(in_tree nginx -t -q 2>&1)"
    holds "nginx starts $1" in_tree systemctl restart nginx
}
settings() { (cd "$tree/etc" && find tiniapp-auth-backend nginx/sites-available -type f -printf '%p %m ' -exec sha256sum {} + | sort); }

# --- installed and set up ---------------------------------------------------------------------------------

holds "the package is installed" package -i /root/old.deb
nginx_starts "after the installation"
has "tiniapp-auth-backend-setup says what is left to do" "systemctl enable --now tiniapp-auth-backend@production.socket" \
    "$(in_tree tiniapp-auth-backend-setup production "$name")"
certificate "$name" "$tree/etc/letsencrypt/live/$name" rsa:2048
configure production
enable_site() {
    rm -f "$tree/etc/nginx/sites-enabled/default"
    in_tree bash -c 'ln -sf /etc/nginx/sites-available/tiniapp-auth-backend-{default,production}.conf /etc/nginx/sites-enabled/'
    in_tree systemctl enable --now tiniapp-auth-backend@production.socket "$(unit production)" 2>&1
}
holds "the instance starts" enable_site
nginx_starts "with the site"
three_calls "installed" production
equal "a command runs as the instance" "exit code 0" "$(as_instance production check | tail -n 1)"
equal "nothing is left to do then" "Nothing is left to do for production." "$(in_tree tiniapp-auth-backend-setup production "$name")"
for file in tiniapp-auth-backend@production.{socket,service}; do
    equal "systemd-analyze verify $file is silent" "" "$(in_tree systemd-analyze verify "$file" 2>&1)"
done

# --- upgrade and downgrade --------------------------------------------------------------------------------

echo "# the operator's" >>"$tree/etc/tiniapp-auth-backend/nginx/limits.conf"
before=$(settings)
# replace FILE VERSION: under 100 requests a second.
replace_under_load() {
    local pid result
    pid=$(property production MainPID)
    result=$(load 8 --at 2 -- nsenter -t "$leader" -m -u -i -p -n -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i "/root/$1.deb")
    echo "to $2 under load: $result"
    equal "to $2 under load: none lost" "800 800 0" \
        "$(figure sent "$result") $(figure ok "$result") $(figure command_code "$result")"
    equal "to $2: it is installed" "$2 installed" "$(version)"
    equal "to $2: another process runs" 1 "$(($(property production MainPID) != pid))"
    equal "to $2: settings and secrets are as before" "$before" "$(settings)"
    nginx_starts "after the change to $2"
    three_calls "$2" production
}
replace_under_load new 1.1.0
replace_under_load old 1.0.0

# --- removed, installed again, purged ---------------------------------------------------------------------

holds "the package is removed" package -r tiniapp-auth-backend
nginx_starts "after the removal"
equal "settings and secrets are still there" "$before" "$(settings)"
equal "nothing runs any more" "" "$(in_tree systemctl list-units --plain --no-legend --state=active 'tiniapp-auth-backend@*')"
holds "it is installed again" package -i /root/new.deb
holds "with the site and the instance of before" enable_site
nginx_starts "after that"
three_calls "installed again" production
holds "the package is purged" package -P tiniapp-auth-backend
nginx_starts "after the purge"
equal "nothing is left of it" "" \
    "$(in_tree find /etc /usr /opt /var/log /var/lib -path '*tiniapp-auth-backend*' -not -path '/var/lib/systemd/*')"
