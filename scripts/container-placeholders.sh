#!/usr/bin/env bash
# Gives every target of Package.swift that has no sources here an empty one, so that SwiftPM builds the dependencies
# without them: they change less often, and the image has them in a layer of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# KIND NAME [PATH], a line each.
targets=$(tr -d '\n' <Package.swift |
    grep -oE '\.(executableTarget|target|testTarget)\( *name: "[A-Za-z]+"(, *path: "[A-Za-z/]+")?' |
    sed -E 's/^\.([A-Za-z]+)\( *name: "([A-Za-z]+)"(, *path: "([A-Za-z\/]+)")?$/\1 \2 \4/')

while read -r kind name path; do
    case $kind in
        executableTarget) file=main.swift ;;
        *) file=Placeholder.swift ;;
    esac
    if [[ -z $path ]]; then
        [[ $kind == testTarget ]] && path=Tests/$name || path=Sources/$name
    fi
    [[ ! -e $path ]] || continue
    mkdir -p "$path"
    echo "// No source: see scripts/container-placeholders.sh" >"$path/$file"
done <<<"$targets"
