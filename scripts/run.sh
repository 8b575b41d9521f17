#!/usr/bin/env bash
# `make run`: builds, starts a stand-in for Tiki, responder and nginx, says how to try them, follows their logs, and on Ctrl-C,
# TERM or HUP stops all three. Everything it writes, the build aside, lies in .run and goes away with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PATH:/usr/sbin:/sbin
source scripts/dotenv.sh
source scripts/sandbox.sh

run=.run
declare -A pids=()
ready=

say() { printf '%s\n' "$*"; }

fail() {
    printf 'make run: %s\n' "$*" >&2
    exit 1
}

# --- processes --------------------------------------------------------------------------------------------

# start NAME COMMAND…: in the background, in its own session, so that Ctrl-C reaches only this script and the
# order of stopping is ours; and with a death signal, so that it does not outlive this script even if that is killed
# with -9 (nor if it was before the signal was set, which is what the inner shell looks for). Descriptor 9 is the lock,
# which must not outlive this script either.
start() {
    local name=$1
    shift
    # shellcheck disable=SC2016  # for the inner shell
    setsid setpriv --pdeathsig TERM -- sh -c '[ "$PPID" = "$0" ] && exec "$@"' "$$" "$@" </dev/null 9>&- &
    pids[$name]=$!
}

is_alive() { kill -0 "${pids[$1]}" 2>/dev/null; }

# stop NAME SIGNAL SECONDS: asks for an end, then insists. A second Ctrl-C insists at once.
stop() {
    local name=$1 signal=$2 tries=$(($3 * 10)) pid
    [[ ${pids[$name]-} ]] || return 0
    pid=${pids[$name]}
    kill -s "$signal" "$pid" 2>/dev/null || true
    while is_alive "$name" && ((tries-- > 0)) && [[ -z $hurry ]]; do
        sleep 0.1 || true
    done
    # The whole session: also nginx's workers, or a compiler whose parent has ended.
    kill -s KILL -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    unset "pids[$name]"
}

hurry=
stop_all() {
    # TERM is different: if it is sent to the whole group, make passes it on a second time.
    trap 'hurry=1' INT
    trap '' HUP PIPE TERM
    set +e
    # The door first, so that nobody meets a backend that is gone. QUIT and TERM let requests in flight finish.
    stop nginx QUIT 12
    stop responder TERM 12
    stop sandbox TERM 3
    stop build TERM 5
    stop follower TERM 1
    # Its contents only: the folder itself is the lock.
    find "$run" -mindepth 1 -delete 2>/dev/null
}

# Ending `make run` is how one leaves it, so that is not a failure; cutting off the build is.
interrupted() {
    if [[ $ready ]]; then
        exit 0
    fi
    exit $((128 + $1))
}

# gone NAME: explains why NAME is not there any more, and gives up.
gone() {
    local name=$1 code=0 log
    wait "${pids[$name]}" || code=$?
    if [[ $name == nginx ]] && grep -qs 'Address already in use' "$run/nginx.log"; then
        port_is_taken
    fi
    for log in "$run/$name.log" "$run/$name/error.log"; do
        [[ ! -s $log ]] || tail -n 20 "$log" >&2
    done
    fail "$name has stopped with exit code $code; its last words, if any, are above."
}

# --- what can be said before the build --------------------------------------------------------------------

port_is_taken() {
    fail "port $port is taken by another program; stop that one, or choose a free port: make run PORT=8081"
}

is_answering() { (exec 3<>"/dev/tcp/$1/$port") 2>/dev/null; }

scripts/check-machine.sh

mkdir -p "$run"
exec 9<"$run"
flock --nonblock 9 || fail "another make run is live in this folder; stop that one first (Ctrl-C there)."

trap stop_all EXIT
trap 'interrupted 1' HUP
trap 'interrupted 2' INT
trap 'exit 141' PIPE
trap 'interrupted 15' TERM

# Left over from a run that was killed with -9.
find "$run" -mindepth 1 -delete

# Another file for who must not meet the developer's own, as the tests of the READMEs.
dotenv=${DOTENV:-.env}
if [[ -f $dotenv ]]; then
    load_dotenv "$dotenv" || fail "cannot use $dotenv."
fi

port=${PORT:-8080}
if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
    fail "PORT must be a number from 1 to 65535, not '$port'."
fi
if is_answering 127.0.0.1 || is_answering ::1; then
    port_is_taken
fi

with_sandbox=
if wants_sandbox; then
    with_sandbox=1
else
    missing=()
    [[ ${CLIENT_KEY-} ]] || missing+=(CLIENT_KEY)
    [[ ${CLIENT_SECRET-}${CLIENT_SECRET_FILE-} ]] || missing+=("CLIENT_SECRET (or CLIENT_SECRET_FILE)")
    [[ ${AUTH_ENDPOINT-} ]] || missing+=(AUTH_ENDPOINT)
    if ((${#missing[@]})); then
        list=$(printf ', %s' "${missing[@]}")
        say "Some of Tiki's settings are in the environment or .env, so the stand-in for Tiki is not used; still missing: ${list:2}."
    fi
fi

# --- build ------------------------------------------------------------------------------------------------

say "Building (the first time takes some minutes)…"
start build swift build
wait "${pids[build]}" || fail "the build has failed; see above."
unset "pids[build]"
bin=.build/debug

# --- start ------------------------------------------------------------------------------------------------

sandbox=
if [[ $with_sandbox ]]; then
    start sandbox "$bin/tiki-sandbox" --host 127.0.0.1 --port 0 >"$run/sandbox.log" 2>&1
    for ((tries = 100; tries > 0; tries--)); do
        sandbox=$(sandbox_url "$run/sandbox.log")
        [[ -z $sandbox ]] || break
        is_alive sandbox || gone sandbox
        sleep 0.1
    done
    [[ $sandbox ]] || fail "the stand-in for Tiki has not said within 10 s where it listens."
    use_sandbox "$sandbox"
fi

# The responder writes into a file here; its lines are read by who sees this terminal.
if [[ -t 1 ]]; then
    export LOG_FORMAT=${LOG_FORMAT:-text}
fi
# Relative, as the path of a unix socket has room for some hundred bytes only.
export LISTEN_SOCKET=$run/backend.sock
start responder "$bin/tiniapp-auth-backend" serve >>"$run/responder.log" 2>&1

# It checks the settings that go into nginx's configuration, too.
until [[ -S $LISTEN_SOCKET ]]; do
    is_alive responder || gone responder
    sleep 0.05
done

mkdir "$run/nginx"
scripts/render-nginx.sh "$port" "$LISTEN_SOCKET" >"$run/nginx/nginx.conf"
# Without the environment: it may hold the secret, which is not nginx's business.
start nginx env -i "$(command -v nginx)" -e stderr -p "$run/nginx" -c nginx.conf >"$run/nginx.log" 2>&1

for ((tries = 150; ; tries--)); do
    for name in "${!pids[@]}"; do
        is_alive "$name" || gone "$name"
    done
    if curl --noproxy '*' -fsS -o /dev/null --max-time 2 "http://127.0.0.1:$port/health/ready" 2>/dev/null; then
        break
    fi
    ((tries > 0)) || fail "not ready within 30 s; the responder's last words: $(tail -n 3 "$run/responder.log")"
    sleep 0.2
done
# Nobody needs to read of those probes.
: >"$run/nginx/access.log"
: >"$run/nginx/error.log"
warnings=
if [[ ${LOG_FORMAT-} == text ]]; then
    # All settings in one line would push the three calls off the screen. The responder appends, so this does no harm.
    warnings=$(grep -E '^[^ ]+ (WARNING|ERROR|CRITICAL) ' "$run/responder.log" || true)
    : >"$run/responder.log"
fi

# --- say how to try it ------------------------------------------------------------------------------------

ready=1
say_how_to_try "$run" scripts/try.sh "http://localhost:$port" "$port" "$sandbox"
say "Ctrl-C stops everything. The log follows."
say ${warnings:+"$warnings"}

# --- until it ends ----------------------------------------------------------------------------------------

# nginx's access log says the same once more; it is there for those who want it.
start follower tail -q -F -n +1 "$run/responder.log" "$run/nginx/error.log" 2>/dev/null
while :; do
    for name in "${!pids[@]}"; do
        is_alive "$name" || gone "$name"
    done
    wait -n "${pids[@]}" || true
done
