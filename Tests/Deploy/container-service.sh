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
    lacks "no log holds the code, the token or the secret" "$(field access_token "$answer")" "$(podman logs test 2>&1)"
    lacks "nor the secret" "$secret" "$(podman logs test 2>&1)"
    holds "each line on standard output and error is a JSON object" json_lines
    holds "its root cannot be written" refuses podman exec test touch /etc/x

    # As the engine would run it; Podman's own images have no place for it.
    health=$(sed -n 's/^ *CMD \["bash", "-c", "\(.*\)"\]$/\1/p' Dockerfile | sed 's/\\\\/\\/g')
    holds "the health check of the Dockerfile" podman exec test bash -c "$health"
    holds "and it fails where nobody listens" refuses podman exec --env PORT=1 test bash -c "$health"

    if read -r _ 2>/dev/null </proc/net/if_inet6; then
        has "it answers over IPv6" "Hello World" "$(curl -gsS "http://[::1]:$port/")"
    else
        skip "it answers over IPv6" "this machine has none"
    fi

    podman exec test nginx -T -q -e stderr -p /tmp/tiniapp-auth-backend -c nginx.conf >"$scratch/nginx.dump"
    holds "gixy finds nothing in nginx's configuration" "$tools/gixy" "$scratch/nginx.dump"

    run_container
    has "it runs as the image's own user" "Hello World" "$(curl -sS "$url/")"
    run_container --user "$((20000 + RANDOM)):$((20000 + RANDOM))"
    has "it runs as any user and group" "Hello World" "$(curl -sS "$url/")"
    has "without PORT it listens on 8080" '"PORT=8080"' "$(podman image inspect --format '{{json .Config.Env}}' "$image")"
}

# What Tini Console looks for, and web pages of other origins.
check_web() {
    local path='' hostile=0 count=0 answer
    run_container -e TIKI_VALIDATION_CODE=J9jcjJnnkji7AoVK -e TIKI_VALIDATION_TEXT="a line" -e ALLOWED_ORIGINS=https://tiki.vn
    equal "Tini Console's file is there" "a line 200 text/plain; charset=utf-8" \
        "$(curl -sS -w ' %{http_code} %{content_type}' "$url/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt")"
    for path in '' / /J9jcjJnnkji7AoVK /J9jcjJnnkji7AoVK/ /J9jcjJnnkji7AoVK/auth.txt/ /J9jcjJnnkji7AoVK/AUTH.TXT /auth.txt \
        /other/auth.txt //auth.txt /./auth.txt /%2e%2e/auth.txt /..%2fauth.txt /J9jcjJnnkji7AoVK/..%2f..%2fauth.txt; do
        count=$((count + 1))
        answer=$(curl -sS --path-as-is -w ' %{http_code}' "$url/tiki-validation-code$path")
        [[ $answer != *'"reason":"not_found"'*' 404' ]] || hostile=$((hostile + 1))
    done
    equal "and nothing else: $count hostile paths are 404" "$count" "$hostile"
    answer=$(curl -sS -i -X OPTIONS -H 'Origin: https://tiki.vn' -H 'Access-Control-Request-Method: POST' "$url/auth_exchange")
    has "a page of a listed origin may call" "HTTP/1.1 204" "$answer"
    has "and is told so" "Access-Control-Allow-Origin: https://tiki.vn" "$answer"
    lacks "one of another may not" "Access-Control-" "$(curl -sS -i -X OPTIONS -H 'Origin: https://evil.example' \
        -H 'Access-Control-Request-Method: POST' "$url/auth_exchange")"
}

refuses() { ! "$@"; }

json_lines() {
    podman logs test >"$scratch/out.log" 2>"$scratch/err.log"
    [[ -s $scratch/out.log && -s $scratch/err.log ]]
    python3 -c 'import json, sys
for line in sys.stdin:
    assert isinstance(json.loads(line), dict), line' < <(cat "$scratch/out.log" "$scratch/err.log")
}

# flood HEADER: 200 requests, each with a number in place of the header's N, and how often each status came.
flood() {
    seq 200 | xargs -P 8 -I N curl -sS -o /dev/null -w '%{http_code}\n' -H "X-Forwarded-For: $1" "$url/" | sort | uniq -c
}

# On Cloud Run the last address in X-Forwarded-For is the client; the client may have invented those before it.
# Elsewhere all of it is, unless a trusted proxy connects.
check_client_address() {
    local statuses
    run_container
    has "outside Cloud Run a flood gets 429, whatever address it writes" " 429" "$(flood 198.51.100.N)"
    lacks "and nginx logs nothing of that" 198.51.100. "$(podman logs test 2>&1)"
    run_container -e TRUSTED_PROXIES=127.0.0.0/8
    lacks "a trusted proxy names its clients" " 429" "$(flood 198.51.100.N)"
    run_container -e K_SERVICE=tiniapp-auth-backend
    statuses=$(seq 200 | xargs -P 8 -I N curl -sS -o /dev/null -w '%{http_code}\n' \
        -H "X-Forwarded-For: 198.51.100.N, 203.0.113.7" "$url/" | sort | uniq -c)
    has "a flood from one client gets 429, whatever it writes before its address" " 429" "$statuses"
    equal "while another client is served" 200 \
        "$(curl -sS -o /dev/null -w '%{http_code}' -H 'X-Forwarded-For: 203.0.113.7, 203.0.113.8' "$url/")"
    equal "metrics are for the container itself, whatever address a client claims" "403 403" \
        "$(for client in 203.0.113.8 127.0.0.1; do curl -sS -o /dev/null -w '%{http_code}\n' \
            -H "X-Forwarded-For: $client" "$url/metrics"; done | paste -sd ' ')"
    has "nginx logs the client" '"remoteIp":"203.0.113.7"' "$(podman logs test 2>/dev/null)"
    lacks "and nothing that it invented" 198.51.100. "$(podman logs test 2>&1)"
}

check_settings() {
    local trace=105445aa7843bc8bf206b12000100000 code=0 said
    run_container -e GOOGLE_CLOUD_PROJECT=my-project
    post /auth_exchange '{}' -o /dev/null -H "X-Cloud-Trace-Context: $trace/1;o=1"
    has "nginx's line names the trace" "\"projects/my-project/traces/$trace\"" "$(podman logs test 2>/dev/null)"
    has "and the responder's the same" "\"projects/my-project/traces/$trace\"" "$(podman logs test 2>&1 >/dev/null)"

    said=$(podman run --rm "${locked_down[@]}" -e CLIENT_KEY=k "$image" 2>&1) || code=$?
    equal "a wrong configuration ends it with 78" 78 "$code"
    has "and a sentence says what is wrong" "AUTH_ENDPOINT is not set" "$said"
    code=0
    said=$(podman run --rm "${locked_down[@]}" -e TRUSTED_PROXIES=proxy "$image" 2>&1) || code=$?
    has "so do wrong TRUSTED_PROXIES" "78 {\"severity\":\"CRITICAL\",\"message\":\"TRUSTED_PROXIES must be" "$code $said"
    code=0
    said=$(podman run --rm "${locked_down[@]}" -e PORT=http "$image" 2>&1) || code=$?
    equal "so does a wrong PORT" "78 {\"severity\":\"CRITICAL\",\"message\":\"PORT must be a number from 1 to 65535\"}" "$code $said"
}
