#!/usr/bin/env bash
# Installs the Python tools of the tests and of `make lint` into .build-python, unless they are there already. They are
# listed in Tests/requirements.txt; Tests/requirements.lock has all that is installed, with hashes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=Tests/requirements.txt
lock=Tests/requirements.lock
venv=.build-python

# The copy is made last: with it, everything on the list is installed.
! cmp -s "$venv/requirements" <(cat "$list" "$lock") || exit 0

scripts/install-packages.sh python3:python3 python3-venv
echo "Installing from PyPI into $venv: $(sed -n '/^#/!s/==.*//p' "$list" | paste -sd , | sed 's/,/, /g')…"
rm -rf "$venv"
python3 -m venv "$venv"
install_python() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
# Only wheels: a package that is built here would fetch its tools without hashes.
if ! install_python --require-hashes --only-binary :all: --requirement "$lock"; then
    echo "python-tools: not everything could be installed from PyPI; pip says why above." >&2
    exit 1
fi
# Fetches nothing, and fails if something is missing.
if ! install_python --no-index --requirement "$list"; then
    echo "python-tools: $lock does not have what is in $list; its head has the command that writes it." >&2
    exit 1
fi
cat "$list" "$lock" >"$venv/requirements"
