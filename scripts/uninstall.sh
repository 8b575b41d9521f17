#!/usr/bin/env bash
# `make uninstall`: takes away what `make install` put there, the operator's files in /etc aside.
#     PREFIX=/usr/local DESTDIR= uninstall.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/install-layout.sh

# nginx would not start any more with a site whose includes are gone, nor systemd with a unit that is.
in_use=()
for link in "$destdir"/etc/nginx/sites-enabled/tiniapp-auth-backend-* \
    "$destdir"/etc/systemd/system/*.wants/tiniapp-auth-backend@*; do
    [[ ! -L $link ]] || in_use+=("$link")
done
if ((${#in_use[@]})); then
    printf '%s\n' "uninstall: still enabled: ${in_use[*]}" "First:" \
        "  rm -f /etc/nginx/sites-enabled/tiniapp-auth-backend-*.conf && systemctl reload-or-restart nginx" \
        "  systemctl disable --now 'tiniapp-auth-backend@INSTANCE.service' 'tiniapp-auth-backend@INSTANCE.socket'" >&2
    exit 1
fi

rm -f "$destdir$prefix"/bin/tiniapp-auth-backend{,.previous,.new} "$destdir$setup" "$destdir$runner" \
    "$destdir$http_conf" "$destdir$nginx_unit" "${completions[@]/#/$destdir}"
rm -rf "$destdir$share"
rmdir --ignore-fail-on-non-empty "$(dirname "$destdir$nginx_unit")" 2>/dev/null || true
for unit in "${units[@]}"; do
    rm -f "$destdir$unit_dir/$unit"
done
if [[ -z $destdir && -d /run/systemd/system ]]; then
    systemctl daemon-reload
fi
echo "Uninstalled. Left where they are, being yours: $etc (settings, secrets, limits) and $sites/tiniapp-auth-backend-*.conf"
