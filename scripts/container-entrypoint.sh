#!/usr/bin/env bash
# shellcheck disable=SC2317  # reached by the trap
# PID 1 of the container: starts the responder, and nginx when it listens. TERM, INT or QUIT ends nginx gracefully, then
# the responder, then the container with 0. If either of the two ends by itself, so does the container, non-zero.
set -euo pipefail

# In seconds. Cloud Run kills 10 s after TERM. Each is above what the process itself allows: nginx's
# worker_shutdown_timeout (7 s) and SHUTDOWN_GRACE (1 s, as nginx has nothing left for the responder by then).
nginx_bound=7.5
responder_bound=1.5

scratch=/tmp/tiniapp-auth-backend
nginx_files=/etc/tiniapp-auth-backend/nginx
# See container-quit-only.c: whoever is started with it ends at QUIT, and not at TERM or INT.
quit_only=/usr/local/lib/container-quit-only.so

# One line of JSON, as the responder's. The texts are ours and have nothing to escape.
say() { printf '{"severity":"%s","message":"%s"}\n' "$1" "$2" >&2; }

# --- stop -------------------------------------------------------------------------------------------------

failures=0
code=0

# finish NAME PID SECONDS: sends QUIT and waits that long.
finish() {
    local timer ended=''
    code=0
    kill -QUIT "$2" 2>/dev/null || true
    sleep "$3" &
    timer=$!
    wait -n -p ended "$2" "$timer" 2>/dev/null || code=$?
    if [[ $ended == "$timer" ]]; then
        say ERROR "$1 has not finished within $3 s and is killed"
        kill -KILL "$2" 2>/dev/null || true
        failures=1
    elif ((code != 0)); then
        say ERROR "$1 has ended with code $code instead of 0"
        failures=1
    fi
}

stop() {
    trap '' TERM INT QUIT
    # nginx writes it once it heeds signals. Before that nobody has been served, and the end of PID 1 ends the rest.
    [[ -s $scratch/nginx.pid ]] || exit 0
    finish nginx "$nginx" "$nginx_bound"
    finish responder "$responder" "$responder_bound"
    exit "$failures"
}

trap stop TERM INT QUIT

# gone NAME: it has ended, with $code, and nobody has asked it to.
gone() {
    say CRITICAL "$1 has ended with code $code; so does the container"
    exit "$((code == 0 ? 1 : code))"
}

# --- start ------------------------------------------------------------------------------------------------

# Both go into nginx's configuration.
if ! [[ ${PORT:-} =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
    say CRITICAL "PORT must be a number from 1 to 65535"
    exit 78
fi
if ! [[ ${GOOGLE_CLOUD_PROJECT:-} =~ ^[a-z0-9:.-]*$ ]]; then
    say CRITICAL "GOOGLE_CLOUD_PROJECT must be the id of a project"
    exit 78
fi

mkdir -p "$scratch"
export LISTEN_SOCKET=$scratch/fastcgi.sock SHUTDOWN_GRACE=1
# /tmp may outlive the container's processes.
rm -f "$LISTEN_SOCKET" "$scratch/nginx.pid"

# Ignored from the start: until the library is loaded, a signal to every process would end a child.
(
    trap '' TERM INT
    LD_PRELOAD=$quit_only exec tiniapp-auth-backend
) &
responder=$!

listen="listen $PORT;"
# Empty or absent: no IPv6 here, and nginx would not start.
if [[ -s /proc/net/if_inet6 ]]; then
    listen+=" listen [::]:$PORT;"
fi
sed "s|@LISTEN@|$listen|; s|@NGINX_DIR@|$nginx_files|; s|@SCRATCH@|$scratch|;
    s|@PROJECT@|${GOOGLE_CLOUD_PROJECT:-}|g" \
    "$nginx_files/container.conf.template" >"$scratch/nginx.conf"

until [[ -S $LISTEN_SOCKET ]]; do
    if ! kill -0 "$responder" 2>/dev/null; then
        wait "$responder" 2>/dev/null || code=$?
        gone responder
    fi
    sleep 0.02
done

# Without the environment: it may hold the secret, which is not nginx's business.
(
    trap '' TERM INT
    exec env -i LD_PRELOAD="$quit_only" "$(command -v nginx)" -e stderr -p "$scratch" -c nginx.conf
) &
nginx=$!

ended=
wait -n -p ended "$responder" "$nginx" 2>/dev/null || code=$?
if [[ $ended == "$nginx" ]]; then
    gone nginx
fi
gone responder
