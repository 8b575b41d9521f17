# shellcheck shell=bash disable=SC2154  # variables of the sourcing scripts
# compose.yaml, on any machine: the stand-in for Tiki behind it, or the credentials of the environment. Sourced.

# compose COMMAND…: as a person would in a clone, but on the host's network, since no bridge can be made here, and with
# $port in place of 8080.
compose() {
    (cd "$scratch/compose" && PATH="$OLDPWD/$tools:$PATH" PORT=$port \
        podman-compose --project-name demo --file compose.yaml --file here.yaml "$@")
}

start_compose() {
    port=$(testbed ports)
    url=http://localhost:$port
    printf '%s\n' 'x-podman: { in_pod: false }' 'services:' '  demo:' '    network_mode: host' \
        "    environment: { PORT: \"$port\" }" >"$scratch/compose/here.yaml"
    compose up --detach --no-build >"$scratch/compose.log" 2>&1 || fail "compose up: $(tail -n 20 "$scratch/compose.log")"
    eventually 30 said 'Ctrl-C stops everything' || fail "compose.yaml's container is not ready: $(compose_logs | tail -n 20)"
}

compose_logs() { podman logs "$(podman ps --all --quiet --latest --filter label=com.docker.compose.service=demo)" 2>&1; }
said() { [[ $(compose_logs) == *"$1"* ]]; }

# statuses: of the three calls as they are printed, one after the other.
statuses() {
    local call
    compose_logs | sed -n 's/^  docker compose exec demo \(try .*\)/\1/p' | while read -r call; do
        # shellcheck disable=SC2086  # words
        compose exec -T demo $call 2>/dev/null </dev/null
    done | sed -n 's/^HTTP\/1.1 \([0-9]*\).*/\1/p' | xargs
}

check_demo() {
    local stopped
    mkdir -p "$scratch/compose"
    cp compose.yaml "$scratch/compose"
    build_image "$PWD" localhost/demo_demo --target demo
    stop_sandbox

    start_compose
    has "compose up says where it serves" "Ready: $url" "$(compose_logs)"
    equal "the three printed calls are answered with 200" "200 200 200" "$(statuses)"
    stopped=$(now)
    compose down >/dev/null 2>&1
    holds "compose down takes less than 5 s ($(($(now) - stopped)) ms)" test "$(($(now) - stopped))" -lt 5000

    # Tiki's own, in whose place there is a sandbox outside of the container. test_compose.py has them in .env, too.
    start_sandbox 0
    CLIENT_KEY=$key CLIENT_SECRET=$secret AUTH_ENDPOINT=$sandbox/tiniapp-open-api/oauth/auth/token start_compose
    has "with credentials the code is the app's" 'try exchange CODE' "$(compose_logs)"
    has "it talks to what they are for" '"customer":{"id":1' "$(post /auth_exchange "{\"code\":\"$(new_code)\"}")"
    compose down >/dev/null 2>&1
}
