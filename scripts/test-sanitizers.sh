#!/usr/bin/env bash
# Runs the tests of what handles raw bytes, memory and threads under thread sanitizer and address sanitizer, the
# responder that they start included. Each needs its own build, which takes some minutes the first time.
#     test-sanitizers.sh [thread|address]…      both if none is given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export SWIFT_BACKTRACE=enable=no
# Tests that measure memory would measure the sanitizer's.
export SANITIZED=1
# A process that cannot start says why and exits, and frees nothing before that. Looking for leaks also takes rights
# that a container may not give. The tests count descriptors and memory themselves.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS="suppressions=$PWD/Tests/tsan-suppressions.txt"

(($#)) || set -- thread address
for sanitizer in "$@"; do
    scratch=.build-${sanitizer:0:1}san
    echo "Building with $sanitizer sanitizer…"
    swift build --build-tests --sanitize="$sanitizer" --scratch-path "$scratch"
    # One test at a time: everything is several times slower here, and some tests have deadlines.
    timeout 1200 swift test --skip-build --no-parallel --sanitize="$sanitizer" --scratch-path "$scratch" \
        --filter '^(FastCGITests|TiniAppAuthTests|TiniAppAuthBackendTests)\.'
    PRODUCTS_DIRECTORY=$scratch/debug timeout 1200 Tests/run.sh Tests/FrontDoor
done
