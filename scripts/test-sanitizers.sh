#!/usr/bin/env bash
# Runs the tests of what handles raw bytes, memory and threads under thread sanitizer and address sanitizer, the
# responder that they start included. Each has a build of its own, which takes some minutes the first time.
#     test-sanitizers.sh [thread|address]…      both if none is given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export SWIFT_BACKTRACE=enable=no
# Tests that measure memory would measure the sanitizer's.
export SANITIZED=1
# What the runtime allocates once and keeps is no leak of ours, and looking for leaks takes rights that a container
# may not give; the tests count descriptors and memory themselves.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS="suppressions=$PWD/Tests/tsan-suppressions.txt"

(($#)) || set -- thread address
for sanitizer in "$@"; do
    scratch=.build-${sanitizer:0:1}san
    echo "Building with $sanitizer sanitizer…"
    swift build --build-tests --sanitize="$sanitizer" --scratch-path "$scratch"
    timeout 900 swift test --skip-build --sanitize="$sanitizer" --scratch-path "$scratch" \
        --filter '^(FastCGITests|TiniAppAuthTests|TiniAppAuthBackendTests|FrontDoorTests)\.'
done
