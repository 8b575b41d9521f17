#!/usr/bin/env bash
# Lets nginx itself check the local site.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/usr/sbin:/sbin

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

# A port in use does not matter to -t.
scripts/render-nginx.sh 8080 "$prefix/backend.sock" >"$prefix/nginx.conf"
if ! nginx -t -q -e "$prefix/error.log" -p "$prefix" -c "$prefix/nginx.conf"; then
    echo "nginx refuses nginx/local.conf.template or a file that it includes." >&2
    exit 1
fi
