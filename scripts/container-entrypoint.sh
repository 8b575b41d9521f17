#!/usr/bin/env bash
# shellcheck disable=SC2317  # reached by the trap
# Runs the container, as the child of container-init: starts the responder, and nginx when it listens. TERM, INT or QUIT
# ends nginx gracefully, then the responder, then the container with 0. If either of the two ends by itself, so does the
# container, non-zero. A setting that is empty counts as not set.
set -euo pipefail

# In seconds. Cloud Run kills 10 s after TERM. Each is above what the process itself allows: nginx's
# worker_shutdown_timeout (7 s) and SHUTDOWN_GRACE (1 s, as nginx has nothing left for the responder by then).
nginx_bound=7.5
responder_bound=1.5

scratch=/tmp/tiniapp-auth-backend
nginx_files=/etc/tiniapp-auth-backend/nginx
# See container-quit-only.c: a process started with it ends at QUIT, and not at TERM or INT.
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
    # A second TERM, sent to every process of the container, interrupts it. 127: it had ended before.
    until [[ ${ended-} ]] || ((code == 127)); do
        code=0
        wait -n -p ended "$2" "$timer" 2>/dev/null || code=$?
    done
    if [[ ${ended-} == "$timer" ]]; then
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
    # nginx writes it once it heeds signals. Before that nobody has been served.
    if [[ ! -s $scratch/nginx.pid ]]; then
        for pid in $(jobs -p); do
            kill -KILL "$pid" 2>/dev/null || true
        done
        exit 0
    fi
    finish nginx "$nginx" "$nginx_bound"
    finish responder "$responder" "$responder_bound"
    exit "$failures"
}

# gone NAME: it has ended, with $code, and nobody has asked it to.
gone() {
    say CRITICAL "$1 has ended with code $code; so does the container"
    exit "$((code == 0 ? 1 : code))"
}

# --- start ------------------------------------------------------------------------------------------------

# No core dumps, of nginx and the responder: their memory holds codes, tokens and the secret.
ulimit -c 0

# All of these go into nginx's configuration.
PORT=${PORT:-8080}
if ! [[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
    say CRITICAL "PORT must be a number from 1 to 65535"
    exit 78
fi
if ! [[ ${GOOGLE_CLOUD_PROJECT:-} =~ ^[a-z0-9:.-]*$ ]]; then
    say CRITICAL "GOOGLE_CLOUD_PROJECT must be the id of a project"
    exit 78
fi

# is_network TEXT: an address, or a network in CIDR notation whose address has no bits beyond its length. Leaves the bits that
# all its addresses share in $prefix, after the family.
is_network() {
    local address=${1%%/*} length=${1#*/} byte hextet missing bits=''
    local -a before after
    prefix=4:
    if [[ $address =~ ^((0|[1-9][0-9]{0,2})(\.|$)){4}$ && $address != *. ]]; then
        for byte in ${address//./ }; do
            ((byte <= 255)) || return 1
            bits+=$(as_bits "$byte" 8)
        done
    elif [[ $address =~ ^([0-9a-fA-F]{0,4}:){2,8}[0-9a-fA-F]{0,4}$ && $address != *:::* && $address != *::*::* &&
        $address != :[!:]* && $address != *[!:]: ]]; then
        prefix=6:
        # "::" stands for the groups that are missing, one at least.
        IFS=: read -ra before <<<"${address%%::*}"
        IFS=: read -ra after <<<"${address#*::}"
        if [[ $address != *::* ]]; then
            after=()
        fi
        missing=$((8 - ${#before[@]} - ${#after[@]}))
        if [[ $address == *::* ]]; then ((missing > 0)) || return 1; else ((missing == 0)) || return 1; fi
        while ((missing-- > 0)); do
            before+=(0)
        done
        for hextet in "${before[@]}" "${after[@]}"; do
            [[ -n $hextet ]] || return 1
            bits+=$(as_bits "$((16#$hextet))" 16)
        done
    else
        return 1
    fi
    [[ $1 == */* ]] || length=${#bits}
    [[ $length =~ ^[0-9]{1,3}$ ]] || return 1
    # If all addresses were trusted, a client could name any address as its own.
    length=$((10#$length))
    prefix+=${bits:0:length}
    ((length > 0 && length <= ${#bits})) && [[ ${bits:length} != *1* ]]
}

# as_bits NUMBER COUNT
as_bits() {
    local bit
    for ((bit = $2 - 1; bit >= 0; bit--)); do
        printf %d $(($1 >> bit & 1))
    done
}

# read_networks SETTING: the addresses and networks in it, into $networks and $prefixes.
networks=() prefixes=()
read_networks() {
    local network
    prefixes=()
    read -rd '' -a networks <<<"${!1:-}" || true
    read -ra networks <<<"${networks[*]//,/ }"
    for network in "${networks[@]}"; do
        if ! is_network "$network"; then
            say CRITICAL "$1 must be IP addresses or networks, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, with commas or spaces between them"
            exit 78
        fi
        prefixes+=("$prefix")
    done
}

# have_loopback PREFIX…: whether 127.0.0.1 or ::1 is in one of them, however it is written.
have_loopback() {
    local own4 own6 prefix
    printf -v own4 '4:01111111%024d' 1
    printf -v own6 '6:%0128d' 1
    for prefix; do
        [[ $own4 != "$prefix"* && $own6 != "$prefix"* ]] || return 0
    done
    return 1
}

# Whose X-Forwarded-For is believed. On Cloud Run, which sets K_SERVICE, every connection comes from Google's front end,
# by a link-local address; it adds the client's address at the end of the header.
read_networks TRUSTED_PROXIES
trusted=("${networks[@]}")
if [[ -n ${K_SERVICE:-} ]]; then
    trusted+=(169.254.0.0/16 fe80::/10 127.0.0.0/8 ::1)
fi
# A proxy in the container itself would let everybody in to /metrics.
has_proxy=
if [[ -n ${K_SERVICE:-} ]] || have_loopback "${prefixes[@]}"; then
    has_proxy=1
fi

# Which machines may read /metrics. Each once, or nginx warns.
read_networks METRICS_ALLOW
readers=("${networks[@]}")
for own in 127.0.0.1 ::1; do
    [[ $has_proxy || " ${readers[*]} " == *" $own "* ]] || readers+=("$own")
done

# One worker of nginx for each CPU, up to four: the responder is busy with about one core, and needs no more of them to
# feed it. A worker takes 2.0 MB at rest: four and their master 15 MB, one for each of 64 processors 133 MB.
max_workers=4
workers=$(nproc)
# What the engine allows: cgroup v2 has "200000 100000", or "max 100000", v1 two files.
quota='' period=''
read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max ||
    read -r quota period 2>/dev/null < <(cat /sys/fs/cgroup/cpu/cpu.cfs_{quota,period}_us 2>/dev/null | paste -sd ' ') || true
if [[ $quota =~ ^[1-9][0-9]*$ && $period =~ ^[1-9][0-9]*$ ]] && (((quota + period - 1) / period < workers)); then
    workers=$(((quota + period - 1) / period))
fi
if ((workers > max_workers)); then
    workers=$max_workers
fi

# Connections of all workers, two for a request: the client's and the one to the responder. A request whose body has not
# come takes up to 65 kB, the responder and the kernel included, so 1,024 fit into 128 MB. And nginx cannot raise its limit
# of open files above the engine's.
connections=$((2048 / workers))
files=$(ulimit -Hn)
if [[ $files == unlimited ]] || ((files > 2 * connections)); then
    files=$((2 * connections))
fi

mkdir -p "$scratch"
export LISTEN_SOCKET=$scratch/fastcgi.sock SHUTDOWN_GRACE=1
# Half of what nginx can have: requests that are whole find a place, however many others come slowly.
export MAX_PENDING_CONNECTIONS=${MAX_PENDING_CONNECTIONS:-512}
# /tmp may outlive the container's processes.
rm -f "$LISTEN_SOCKET" "$scratch/nginx.pid"

# Ignored from the start: until the library is loaded, a signal to every process would end a child.
(
    trap '' TERM INT
    LD_PRELOAD=$quit_only exec tiniapp-auth-backend
) &
responder=$!

until [[ -S $LISTEN_SOCKET ]]; do
    if ! kill -0 "$responder" 2>/dev/null; then
        wait "$responder" 2>/dev/null || code=$?
        gone responder
    fi
    sleep 0.005
done

listen="listen $PORT;"
# Empty or absent: no IPv6 here, and nginx would not start. Its size is always 0, as with all files there.
if read -r _ 2>/dev/null </proc/net/if_inet6; then
    listen+=" listen [::]:$PORT;"
fi
believe=
if ((${#trusted[@]})); then
    believe=$(printf 'set_real_ip_from %s; ' "${trusted[@]}")
fi
read_metrics=
if ((${#readers[@]})); then
    read_metrics=$(printf '%s 1; ' "${readers[@]}")
fi
# The responder, which ends if they are wrong, has read them.
ALLOWED_ORIGINS=${ALLOWED_ORIGINS:-}
sed "s|@LISTEN@|$listen|; s|@NGINX_DIR@|$nginx_files|; s|@SCRATCH@|$scratch|; s|@WORKERS@|$workers|
    s|@FILES@|$files|; s|@CONNECTIONS@|$((files / 2))|; s|@TRUSTED_PROXIES@|$believe|; s|@METRICS_ALLOW@|$read_metrics|
    s|@PROJECT@|${GOOGLE_CLOUD_PROJECT:-}|g; s|@ALLOWED_ORIGINS@|${ALLOWED_ORIGINS//,/ }|" \
    "$nginx_files/container.conf.template" >"$scratch/nginx.conf"

nginx_program=$(command -v nginx)

# Not sooner: until nginx is there, a signal may simply end this script, and container-init the rest. And bash 5.2 runs a
# trap's command wrongly while it expands $(…): from here on, no trap is set.
trap stop TERM INT QUIT

# Without the environment: it may hold the secret, which is not nginx's business.
(
    trap '' TERM INT
    exec env -i LD_PRELOAD="$quit_only" "$nginx_program" -e stderr -p "$scratch" -c nginx.conf
) &
nginx=$!

ended=
wait -n -p ended "$responder" "$nginx" 2>/dev/null || code=$?
if [[ ${ended-} == "$nginx" ]]; then
    gone nginx
fi
gone responder
