#!/usr/bin/env bash
# Whether this machine can build the backend: asked before anything is installed on it. Runs in macOS' bash 3.2, too.
set -euo pipefail

docker="With Docker, this works on every machine: docker compose up"

system=$(uname -s)
if [[ $system != Linux ]]; then
    printf '%s\n' "The backend needs Linux (epoll, glibc); this is $system." "$docker" >&2
    exit 1
fi
if ! command -v swift >/dev/null; then
    printf '%s\n' "There is no swift here. Install Swift 6.3: https://www.swift.org/install/linux" "$docker" >&2
    exit 1
fi
