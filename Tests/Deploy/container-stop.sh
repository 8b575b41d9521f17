# shellcheck shell=bash disable=SC2154  # variables of the sourcing scripts
# How the container ends: asked to, under load, and when one of its two processes dies. Sourced.

# under_load COMMAND…: 200 requests a second for 4 s, of 1 s each in Tiki's place; after 2 s the command. Sets $load, and
# how many nginx has $answered with 200 and $not_answered so, and how many calls $arrived in Tiki's place.
under_load() {
    run_container --user 12345:0
    curl -sS -X POST "$sandbox/sandbox/reset" -o /dev/null
    curl -sS -X POST -d '{"count":800}' "$sandbox/sandbox/codes" >"$scratch/codes"
    load=$(testbed load --port "$port" --codes "$scratch/codes" --rate 200 --seconds 4 \
        --at 2 -- "$@")
    podman logs test >"$scratch/out.log" 2>"$scratch/err.log"
    answered=$(grep -c '"requestUrl":"/auth_exchange","status":200,' "$scratch/out.log" || true)
    not_answered=$(grep '"requestUrl":"/auth_exchange"' "$scratch/out.log" | grep -vc '"status":200,' || true)
    arrived=$(curl -sS "$sandbox/sandbox/calls" | grep -oE '"count":[0-9]+' | cut -d : -f 2)
}

# nothing_lost: every request that nginx accepted was answered with 200, and so was every call that came to Tiki. A
# connection that the kernel had for nginx when nginx closed its port is reset: nobody had accepted it.
nothing_lost() {
    echo "$load; nginx answered $answered with 200 and $not_answered otherwise; $arrived calls came to Tiki"
    local ok
    ok=$(figure ok "$load")
    ((ok >= 300 && ok == answered && answered == arrived && not_answered == 0)) &&
        (($(figure reset "$load") <= 2 && $(figure command_code "$load") == 0)) && [[ $load == *'"other": {}'* ]]
}

in_time() { awk -v s="$(figure command_seconds "$load")" -v bound="$1" 'BEGIN { exit !(s < bound) }'; }

check_stop() {
    local how
    start_sandbox 1000
    for how in "podman stop" "TERM to every process"; do
        case $how in
            podman*) under_load podman stop --time 10 test ;;
            *) under_load bash -c 'podman top test hpid | tail -n +2 | xargs kill -TERM && podman wait test' ;;
        esac
        holds "$how under 200 requests a second: no accepted request fails ($(figure ok "$load") answered)" nothing_lost
        equal "$how: it exits with 0" 0 "$(exit_code)"
        holds "$how: within 8 s ($(figure command_seconds "$load") s)" in_time 8
    done
}

# Requests that outlast the drain are cut off, and the container is gone before Cloud Run would kill it.
check_slow_stop() {
    local started
    start_sandbox 9500
    run_container --user 12345:0
    post /auth_exchange "{\"code\":\"$(new_code)\"}" -o /dev/null 2>/dev/null &
    local request=$!
    sleep 0.5
    started=$(now)
    podman stop --time 20 test >/dev/null
    load="{\"command_seconds\": $((($(now) - started) / 1000)).$((($(now) - started) % 1000 / 100))}"
    wait "$request" || true
    holds "with a request that takes too long it is gone within 9.5 s ($(figure command_seconds "$load") s)" in_time 9.5
}

check_death() {
    local name pattern init started
    start_sandbox 0
    while read -r name pattern; do
        run_container --user 12345:0
        init=$(podman inspect --format '{{.State.Pid}}' test)
        started=$(now)
        kill -KILL "$(host_pids "$pattern")"
        while [[ -e /proc/$init ]] && (($(now) - started < 5000)); do
            sleep 0.01
        done
        holds "kill -9 of $name: the container is gone within 1 s ($(($(now) - started)) ms)" \
            test "$(($(now) - started))" -lt 1000
        podman wait test >/dev/null
        equal "kill -9 of $name: with its code" 137 "$(exit_code)"
        has "kill -9 of $name: it is said" "\"message\":\"$name has ended with code 137" "$(podman logs test 2>&1)"
    done <<'CHILDREN'
responder ^[0-9]+[[:space:]]+tiniapp-auth-backend
nginx nginx:[[:space:]]master
CHILDREN
}
