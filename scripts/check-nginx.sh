#!/usr/bin/env bash
# Lets nginx itself check what is made of the templates: the local site, the VM's, and the front of several machines. Not
# a word is good. Tests/API/test_container_entrypoint.py checks the container's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/usr/sbin:/sbin

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
failed=0

# check NAME FILE
check() {
    local said code=0
    # A port in use does not matter to -t.
    said=$(nginx -t -q -e stderr -p "$prefix" -c "$2" 2>&1) || code=$?
    # It says so to anyone but root, and rightly.
    said=$(grep -v 'the "user" directive makes sense only' <<<"$said" || true)
    if ((code != 0)) || [[ $said ]]; then
        printf '%s\n' "$said" "nginx complains of $1 or a file that it includes." >&2
        failed=1
    fi
}

scripts/render-nginx.sh 8080 "$prefix/backend.sock" >"$prefix/local.conf"
check nginx/local.conf.template "$prefix/local.conf"

# As installed (of the program any will do), with a certificate, and with places and ports that anybody may use.
mkdir "$prefix/products" "$prefix/log"
cp "$(type -P true)" "$prefix/products/tiniapp-auth-backend"
DESTDIR=$prefix/vm PRODUCTS_DIRECTORY=$prefix/products INSTANCE=production DOMAIN=auth.example.vn scripts/install.sh >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=auth.example.vn -keyout "$prefix/privkey.pem" \
    -out "$prefix/fullchain.pem" 2>/dev/null
find "$prefix/vm" -name '*.conf' -exec sed -i -E "s,(listen .*)\\b80\\b,\18080,; s,(listen .*)\\b443\\b,\18443,; s, /etc/letsencrypt/live/[^/]*/, $prefix/,
    s, /var/log/nginx/, $prefix/log/,; s, /(etc|usr)/, $prefix/vm/\1/," {} +
printf '%s\n' "pid $prefix/nginx.pid;" 'events {}' 'http {' "include $prefix/vm/etc/nginx/conf.d/*.conf;" \
    "include $prefix/vm/etc/nginx/sites-available/*.conf;" '}' >"$prefix/vm.conf"
check nginx/vm-site.conf.template "$prefix/vm.conf"

{
    printf '%s\n' "pid $prefix/nginx.pid;" 'events {}' 'http {'
    sed -E "s,(listen .*)\b443\b,\18443,; s, /etc/letsencrypt/live/[^/]*/, $prefix/,; s, /var/log/nginx/, $prefix/log/," nginx/front.conf
    echo '}'
} >"$prefix/front.conf"
check nginx/front.conf "$prefix/front.conf"

exit "$failed"
