# shellcheck shell=bash disable=SC2154  # variables of the sourcing scripts
# What the container answers, and to whom. Sourced.

# post PATH JSON [OPTION…]
post() {
    local path=$1 body=$2
    shift 2
    curl -sS --max-time 15 -H 'Content-Type: application/json' -d "$body" "$@" "$url$path"
}

# field NAME JSON
field() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p' <<<"$2"; }

new_code() { field code "$(curl -sS -X POST "$sandbox/sandbox/codes")"; }

check_service() {
    local answer health
    start_sandbox 0

    # Three tries: the machine may just be writing out the build.
    for _ in 1 2 3; do
        run_container --user 12345:0
        ((ready_after > 1000)) || break
    done
    if ((ready_after <= 1000)); then ok "ready within 1 s, locked down, in 128 MB ($ready_after ms)"; else
        bad "ready within 1 s" "it took $ready_after ms"; fi

    answer=$(post /auth_exchange "{\"code\":\"$(new_code)\"}")
    has "it exchanges a code" '"customer":{"id":1' "$answer"
    has "it tells whose a token is" '"customer_id":1' \
        "$(post /auth_info "{\"access_token\":\"$(field access_token "$answer")\"}")"
    has "it refreshes tokens" '"access_token":' \
        "$(post /auth_refresh "{\"refresh_token\":\"$(field refresh_token "$answer")\"}")"
    has "nginx's own errors come in the envelope" '"reason":"not_found"' "$(curl -sS "$url/nowhere")"

    equal "nginx does not have the secret in its environment" "" "$(for pid in $(host_pids nginx:); do
        tr '\0' '\n' <"/proc/$pid/environ" | grep -E 'SECRET|CLIENT' || true
    done)"
    holds "its root cannot be written" refuses podman exec test touch /etc/x
    # As the engine would run it; Podman's own images have no place for it.
    health=$(sed -n 's/^ *CMD \["bash", "-c", "\(.*\)"\]$/\1/p' Dockerfile | sed 's/\\\\/\\/g')
    holds "the health check of the Dockerfile" podman exec test bash -c "$health"
    holds "and it fails where nobody listens" refuses podman exec --env PORT=1 test bash -c "$health"

    podman exec test nginx -T -q -e stderr -p /tmp/tiniapp-auth-backend -c nginx.conf >"$scratch/nginx.dump"
    holds "gixy finds nothing in nginx's configuration" "$tools/gixy" "$scratch/nginx.dump"

    run_container
    has "it runs as the image's own user" "Hello World" "$(curl -sS "$url/")"
    run_container --user "$((20000 + RANDOM)):$((20000 + RANDOM))"
    has "it runs as any user and group" "Hello World" "$(curl -sS "$url/")"
    has "without PORT it listens on 8080" '"PORT=8080"' "$(podman image inspect --format '{{json .Config.Env}}' "$image")"
}

refuses() { ! "$@"; }

check_settings() {
    local trace=105445aa7843bc8bf206b12000100000 code=0 said
    run_container -e GOOGLE_CLOUD_PROJECT=my-project
    post /auth_exchange '{}' -o /dev/null -H "X-Cloud-Trace-Context: $trace/1;o=1"
    has "nginx's line names the trace" "\"projects/my-project/traces/$trace\"" "$(podman logs test 2>/dev/null)"
    has "and the responder's the same" "\"projects/my-project/traces/$trace\"" "$(podman logs test 2>&1 >/dev/null)"

    said=$(podman run --rm "${locked_down[@]}" -e CLIENT_KEY=k "$image" 2>&1) || code=$?
    equal "a wrong configuration ends it with 78" 78 "$code"
    has "and a sentence says what is wrong" "AUTH_ENDPOINT is not set" "$said"
}
