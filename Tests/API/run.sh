#!/usr/bin/env bash
# Proves that openapi.yaml is true, and that examples/tini-app works: on running servers, through nginx. Needs a debug
# build (make build), or another one's folder in PRODUCTS_DIRECTORY. What follows goes to pytest:
#     run.sh [-k NAME]…
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin:/sbin
products=${PRODUCTS_DIRECTORY:-.build/debug}

fail() {
    echo "Tests/API/run.sh: $*" >&2
    exit 1
}

for program in tiniapp-auth-backend tiki-sandbox; do
    [[ -x $products/$program ]] || fail "there is no $products/$program; run make build."
done
scripts/install-packages.sh nodejs:node nginx-light:nginx
scripts/python-tools.sh

# In place of this shell, so that signals reach it; it stops what it has started.
exec .build-python/bin/python -B -m pytest --quiet --rootdir=Tests/API -p no:cacheprovider "$@" Tests/API
