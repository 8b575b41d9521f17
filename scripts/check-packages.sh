#!/usr/bin/env bash
# Tells whether the Swift packages are those that the commit was made with: Package.swift names the direct ones exactly,
# scripts/packages.txt names all of them.
#     check-packages.sh            fails with the differences
#     check-packages.sh --update   writes the list again, after a change in Package.swift
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=scripts/packages.txt

# Lines like "├── swift-log<https://…@1.16.2>". Resolves what is not resolved yet; quiet unless that fails.
tree=$(swift package show-dependencies 2>/dev/null) || swift package show-dependencies >&2
found=$(sed -n 's/^[^a-z]*\([a-z0-9-]*\)<.*@\([^>]*\)>.*/\1 \2/p' <<<"$tree" | LC_ALL=C sort -u)

if [[ ${1:-} == --update ]]; then
    printf '%s\n' "$found" >"$list"
elif ! difference=$(diff "$list" <(printf '%s\n' "$found")); then
    echo "Other Swift packages than this commit was made with (< $list, > here):" >&2
    echo "$difference" >&2
    echo "If that is meant: scripts/check-packages.sh --update" >&2
    exit 1
fi
