#!/usr/bin/env bash
# Proves that logins get through what networks and name servers do. Needs root, or a kernel that gives everybody
# namespaces; else the tests are skipped. Needs a debug build (make build). What follows goes to pytest:
#     run.sh [-k NAME]…
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
TESTS=Tests/Outside exec Tests/API/run.sh -rs "$@"
