#!/usr/bin/env bash
# Proves that openapi.yaml is true, and that examples/tini-app works: on running servers, through nginx. Needs a debug
# build (make build), or another one's folder in PRODUCTS_DIRECTORY. What follows goes to pytest:
#     run.sh [-k NAME]…
# TESTS names another folder of tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin:/sbin
products=${PRODUCTS_DIRECTORY:-.build/debug}
venv=.build-api/venv
tests=${TESTS:-Tests/API}

fail() {
    echo "Tests/API/run.sh: $*" >&2
    exit 1
}

for program in tiniapp-auth-backend tiki-sandbox; do
    [[ -x $products/$program ]] || fail "there is no $products/$program; run make build."
done
scripts/install-packages.sh python3:python3 python3-venv nodejs:node nginx-light:nginx

# The copy of the list tells what is installed.
if ! cmp -s Tests/API/requirements.txt "$venv/requirements.txt"; then
    echo "Installing pytest, schemathesis and openapi-spec-validator from PyPI into $venv…"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement Tests/API/requirements.txt ||
        fail "not everything could be installed from PyPI; pip says why above."
    cp Tests/API/requirements.txt "$venv/requirements.txt"
fi

# In place of this shell, so that signals reach it; it stops what it has started.
exec "$venv/bin/python" -B -m pytest --quiet --rootdir="$tests" -p no:cacheprovider "$@" "$tests"
