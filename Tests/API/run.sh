#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin:/sbin
scripts/python-tools.sh
exec .build-python/bin/python -B -m pytest -c Tests/pytest.ini "$@" Tests/API
