#!/usr/bin/env bash
# Tells whether the Swift packages are those that the commit was made with: Package.swift names the direct ones exactly,
# scripts/packages.txt all of them, each with its version and a hash of its Sources, since a tag can be moved.
#     check-packages.sh            fails with the differences
#     check-packages.sh --update   writes the list again, after a change in Package.swift
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=scripts/packages.txt

# Checks out what is not there yet; quiet unless that fails.
log=$(swift package resolve 2>&1) || { echo "$log" >&2 && exit 1; }
# Package.resolved has a line each for address and version. The hash is of the files as git lists them: not of the commit,
# which is another one in a mirror without history, nor of symbolic links and what else a mirror may leave out.
found=$(awk -F '"' '
    $2 == "location" { name = $4; sub(/.*\//, "", name); sub(/\.git$/, "", name) }
    $2 == "version" && $4 != "" { print name, $4 }' Package.resolved |
    while read -r name version; do
        hash=$(git -C ".build/checkouts/$name" ls-tree -rz HEAD Sources | grep -zv ^120000 | sha256sum) || exit
        echo "$name $version ${hash%% *}"
    done | LC_ALL=C sort)

if [[ ${1:-} == --update ]]; then
    printf '%s\n' "$found" >"$list"
elif ! difference=$(diff "$list" <(printf '%s\n' "$found")); then
    echo "Other Swift packages than this commit was made with (< $list, > here):" >&2
    echo "$difference" >&2
    echo "If that is meant: scripts/check-packages.sh --update" >&2
    exit 1
fi
