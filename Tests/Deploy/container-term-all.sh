#!/usr/bin/env bash
# Sends TERM to every process of the container "test" at once, as some runtimes do, and waits for its end.
set -euo pipefail

mapfile -t pids < <(podman top test hpid | tail -n +2)
kill -TERM "${pids[@]}"
podman wait test >/dev/null
