#!/usr/bin/env bash
# Fills nginx/local.conf.template and prints the result.
#     [ALLOWED_ORIGINS=…] render-nginx.sh PORT BACKEND_SOCKET
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

listen="listen 127.0.0.1:$1;"
# `localhost` may mean either address family.
if grep -qs '^0\{31\}1 ' /proc/net/if_inet6; then
    listen+=" listen [::1]:$1;"
fi

site=$(<nginx/local.conf.template)
site=${site//@NGINX_DIR@/"$PWD/nginx"}
site=${site//@LISTEN@/"$listen"}
site=${site//@BACKEND_SOCKET@/"$2"}
site=${site//@LIMITED_CLIENT@/'""'}
origins=${ALLOWED_ORIGINS-}
site=${site//@ALLOWED_ORIGINS@/"${origins//,/ }"}
printf '%s\n' "$site"
