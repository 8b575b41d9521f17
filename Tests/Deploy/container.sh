#!/usr/bin/env bash
# Proves the container: builds the image by the Dockerfile, runs it locked down, stops it under load, kills its parts.
#     [PRODUCTS_DIRECTORY=.build/release] container.sh
# Root, no engine running, no registry. All its files are in one folder, which it removes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin:/sbin
source Tests/Deploy/checks.sh
source Tests/Deploy/container-images.sh
source Tests/Deploy/container-engine.sh
source Tests/Deploy/container-contents.sh
source Tests/Deploy/container-service.sh
source Tests/Deploy/container-stop.sh
source Tests/Deploy/container-demo.sh

fail() {
    printf 'container: %s\n' "$*" >&2
    exit 1
}

((EUID == 0)) || fail "needs root: it makes the base images and mounts them."
scripts/install-packages.sh buildah:buildah podman:podman runc:runc mmdebstrap:mmdebstrap git:git curl:curl binutils:objdump

products=${PRODUCTS_DIRECTORY:-.build/release}
sandbox_binary=$products/tiki-sandbox
[[ -x $sandbox_binary ]] || fail "there is no $sandbox_binary; build it first: scripts/build-release.sh --product tiki-sandbox"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/container-test.XXXXXX")
trap remove_everything EXIT
trap 'echo "container.sh: ${BASH_SOURCE[0]}, line $LINENO, has failed with $?" >&2' ERR
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

scripts/python-tools.sh
tools=.build-python/bin
configure_engine

echo "— the image: bases, then a release build inside of it; takes some minutes"
image=localhost/tiniapp-auth-backend:test
make_base
make_swift_base
build_image "$PWD" "$image"
check_contents

echo "— the container"
check_service
check_settings

echo "— the end"
check_stop
check_slow_stop
check_death

echo "— compose.yaml: the same image with the sandbox in it"
check_demo

summary
