#!/usr/bin/env bash
# Installs the Python tools of the tests and of `make lint` into .build-python, unless they are there already. They are
# listed, with their versions, in Tests/requirements.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=Tests/requirements.txt
venv=.build-python

# The copy is made last: with it, everything on the list is installed.
! cmp -s "$list" "$venv/requirements.txt" || exit 0

scripts/install-packages.sh python3:python3 python3-venv
echo "Installing from PyPI into $venv: $(sed -n '/^$/q; s/==.*//p' "$list" | paste -sd , | sed 's/,/, /g')…"
rm -rf "$venv"
python3 -m venv "$venv"
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$list"; then
    echo "python-tools: not everything could be installed from PyPI; pip says why above." >&2
    exit 1
fi
cp "$list" "$venv/requirements.txt"
