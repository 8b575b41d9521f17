#!/usr/bin/env bash
# Runs groups of the Python tests at the same time, since they mostly wait: each argument is the arguments of one
# Tests/run.sh. Their output comes one after the other. Fails if one of them does.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# Only one may install what is missing.
Tests/run.sh --version || exit
folder=$(mktemp -d)
pids=()
# shellcheck disable=SC2317  # by the trap
stop() {
    trap - EXIT
    kill "${pids[@]}" 2>/dev/null
    wait
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

for group in "$@"; do
    # shellcheck disable=SC2086  # words
    Tests/run.sh $group >"$folder/${#pids[@]}" 2>&1 &
    pids+=($!)
done
status=0
for index in "${!pids[@]}"; do
    wait "${pids[index]}" || status=1
    cat "$folder/$index"
done
exit "$status"
