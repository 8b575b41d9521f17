#!/usr/bin/env bash
# Writes what the program prints about itself into the pages: settings, errors, and the table of metrics. Needs a debug
# build (make build), or another one's folder in PRODUCTS_DIRECTORY.
#     docs.sh [FOLDER]      into FOLDER instead of here
set -euo pipefail
folder=$(realpath "${1:-"$(dirname "${BASH_SOURCE[0]}")/.."}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${PRODUCTS_DIRECTORY:-.build/debug}/tiniapp-auth-backend
begin='<!-- metrics: begin (make docs) -->'
end='<!-- metrics: end -->'

for marker in "$begin" "$end"; do
    if [[ $(grep -Fxc -e "$marker" docs/operations.md) != 1 ]]; then
        echo "docs.sh: docs/operations.md must have one line $marker" >&2
        exit 1
    fi
done

# All of it first: if the program fails, no page has changed.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for page in settings errors environment metrics; do
    "$program" reference "$page" >"$scratch/$page"
done
sed -e "/^$begin\$/,/^$end\$/ { /^<!--/! d; }" -e "/^$begin\$/ r $scratch/metrics" docs/operations.md >"$scratch/operations"

mkdir -p "$folder/docs"
for page in settings errors operations; do
    cp "$scratch/$page" "$folder/docs/$page.md"
done
cp "$scratch/environment" "$folder/env.example"
