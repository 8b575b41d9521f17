#!/usr/bin/env bash
# Runs the container of compose.yaml, as the child of container-init: the stand-in for Tiki, unless there are
# credentials, and container-entrypoint. Says how to try them as soon as they answer.
set -euo pipefail
# shellcheck source=scripts/sandbox.sh
source /usr/local/share/tiniapp-auth-backend/sandbox.sh
log=/tmp/sandbox.log

say() { printf '%s\n' "$*"; }

# until_true COMMAND…: within 30 s.
until_true() {
    local tries
    for ((tries = 300; tries > 0; tries--)); do
        ! "$@" || return 0
        sleep 0.1
    done
    return 1
}

is_listening() { [[ $(sandbox_url "$log") ]]; }
is_ready() { [[ $(exchange_bytes "$PORT" 'GET /health/ready' 2>/dev/null) == 'HTTP/1.1 200'* ]]; }

say_when_ready() {
    until_true is_ready || return 0
    mkdir -p /tmp/try
    say_how_to_try /tmp/try "docker compose exec demo try" "http://localhost:$TRY_PORT" "$PORT" "$1"
    say "Ctrl-C stops everything. The logs of the responder and nginx follow."
}

export PORT=${PORT:-8080}
# The port of the machine on which the engine publishes it.
TRY_PORT=${TRY_PORT:-$PORT}
sandbox=
if wants_sandbox; then
    tiki-sandbox --host 127.0.0.1 --port 0 --quiet >"$log" 2>&1 &
    until_true is_listening || { say "The stand-in for Tiki does not start: $(<"$log")" >&2 && exit 1; }
    sandbox=$(sandbox_url "$log")
    use_sandbox "$sandbox"
fi
export LOG_FORMAT=${LOG_FORMAT:-text}
say_when_ready "$sandbox" &
exec container-entrypoint
