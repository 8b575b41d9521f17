#!/usr/bin/env bash
# Proves the VM's half on a separate machine: a fresh Debian tree (13, or SUITE=bookworm for 12), systemd booted in it,
# `make install`, two instances behind nginx with TLS, and two sandboxes instead of Tiki; then the steps of
# docs/deploy-vm.md; then the Debian package. Needs root and a release build (make release). PARTS=deb tries only the package,
# and so with the other parts that need none before them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin:/sbin
products=${PRODUCTS_DIRECTORY:-.build/release}
suite=${SUITE:-trixie}
parts=${PARTS:-install service site restart uninstall page deb}
work=$(mktemp -d)
source Tests/Deploy/checks.sh
source Tests/Deploy/tree.sh
source Tests/Deploy/vm-fixture.sh

cleanup() {
    trap '' HUP INT TERM
    set +e
    stop_sandboxes
    remove_tree
    rm -rf "$work"
}
trap cleanup EXIT
trap 'echo "vm.sh: ${BASH_SOURCE[0]}, line $LINENO, has failed with $?" >&2' ERR
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if ((EUID != 0)); then
    echo "vm.sh boots systemd in a container: run it as root." >&2
    exit 1
fi
for program in tiniapp-auth-backend tiki-sandbox; do
    [[ -x $products/$program ]] || { echo "vm.sh: there is no $products/$program; run make release." >&2 && exit 1; }
done

scripts/python-tools.sh
# shellcheck disable=SC2034  # for vm-site.sh
gixy=.build-python/bin/gixy

echo "Making a Debian tree, $suite (about a minute)…"
make_tree "$suite" systemd,systemd-sysv,libnss-systemd,dbus,procps,make,nginx-light,libfcgi0ldbl,ca-certificates,curl,jq
make_certificates
# Before it boots.
[[ " $parts " != *" install "* ]] || source Tests/Deploy/vm-install.sh
boot_tree --bind-ro="$PWD:/mnt/source" --bind-ro="$(realpath "$products"):/mnt/products"
start_sandboxes
for part in $parts; do
    # shellcheck source=/dev/null
    [[ $part == install ]] || source "Tests/Deploy/vm-$part.sh"
done
summary
