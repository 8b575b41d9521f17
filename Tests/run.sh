#!/usr/bin/env bash
# Runs the tests that are written in Python: Tests/API holds openapi.yaml and examples/tini-app against running servers;
# Tests/Docs and Tests/Deploy run the commands of the pages, and compare pages, program and deployment; Tests/Outside puts
# the responder into a network of its own, and pytest with it, so it is run by itself. They need a debug build (make
# build), or another one's folder in PRODUCTS_DIRECTORY.
#     run.sh [VARIABLE=VALUE…] FOLDER… [-k NAME]…      the rest goes to pytest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/usr/sbin:/sbin
while [[ ${1-} == [A-Z]*=* ]]; do export "${1?}" && shift; done
products=${PRODUCTS_DIRECTORY:-.build/debug}

for program in tiniapp-auth-backend tiki-sandbox; do
    [[ -x $products/$program ]] || { echo "Tests/run.sh: there is no $products/$program; run make build." >&2 && exit 1; }
done
scripts/install-packages.sh nginx-light:nginx curl:curl nodejs:node chromium:chromium prometheus:promtool
scripts/python-tools.sh

# In place of this shell, so that signals reach it; it stops what it has started. -B: no files beside the sources.
exec .build-python/bin/python -B -m pytest -c Tests/pytest.ini -rs "$@"
