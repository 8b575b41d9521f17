#!/usr/bin/env bash
# `make dist`: beside the package, an archive that `make install` installs without Swift, a list of what is in the
# executable, and the checksums.
#     VERSION= (Version.swift's if not given) PRODUCTS_DIRECTORY=.build/release DIST=dist dist.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
umask 022

dist=${DIST:-dist}
version=$(scripts/version.sh)
arch=$(dpkg --print-architecture)
name=tiniapp-auth-backend-$version-linux-$arch
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dist" "$work/$name/scripts"

strip -o "$work/$name/tiniapp-auth-backend" "${PRODUCTS_DIRECTORY:-.build/release}/tiniapp-auth-backend"
cp -r Makefile README.md README.vi.md CHANGELOG.md SECURITY.md env.example openapi.yaml docs nginx systemd monitoring "$work/$name/"
cp scripts/{install,install-layout,run-as-instance,setup,uninstall}.sh "$work/$name/scripts/"
tar -C "$work" --owner=0 --group=0 --numeric-owner --sort=name --mtime="@$epoch" -c "$name" | gzip -9n >"$dist/$name.tar.gz"

python3 -B scripts/sbom.py "$version" "$epoch" >"$dist/tiniapp-auth-backend-$version.cdx.json"

cd "$dist"
sha256sum "$name.tar.gz" "tiniapp-auth-backend_${version}_$arch.deb" "tiniapp-auth-backend-$version.cdx.json" | tee SHA256SUMS
