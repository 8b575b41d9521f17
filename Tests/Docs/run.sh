#!/usr/bin/env bash
# `make test-docs`: runs what the READMEs tell a reader to run, compares the answers in shape, and checks that pages,
# program and deployment name the same settings, errors, metrics and log fields. Needs Python 3, and what `make run` needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Of no use to anybody else: no compiled modules beside the sources.
exec python3 -B Tests/Docs/main.py
