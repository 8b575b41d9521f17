#!/usr/bin/env bash
# Prints the version, which Sources/TiniAppAuthBackend/Version.swift holds; that of a package can be another (VERSION=…).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${VERSION:-$(sed -n 's/.*static let current = "\(.*\)"/\1/p' Sources/TiniAppAuthBackend/Version.swift)}
[[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || {
    echo "version.sh: '$version' is not a version." >&2
    exit 1
}
echo "$version"
