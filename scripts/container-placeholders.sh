#!/usr/bin/env bash
# Gives every target of Package.swift that has no sources here an empty one, so that SwiftPM builds the dependencies
# without them: they change less often, and the image has them in a layer of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# KIND NAME [PATH], a line each. A target's name comes before those of its products, its path after them.
targets=$(awk '
    function print_target() { if (name != "") print kind, name, path; kind = name = path = "" }
    match($0, /\.(executableTarget|target|testTarget|systemLibrary)\(/) {
        print_target()
        kind = substr($0, RSTART + 1, RLENGTH - 2)
    }
    kind != "" && name == "" && match($0, /name: "[^"]+"/) { name = substr($0, RSTART + 7, RLENGTH - 8) }
    kind != "" && match($0, /path: "[^"]+"/) { path = substr($0, RSTART + 7, RLENGTH - 8) }
    END { print_target() }' Package.swift)

while read -r kind name path; do
    case $kind in
        systemLibrary) continue ;; # its header is copied
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
