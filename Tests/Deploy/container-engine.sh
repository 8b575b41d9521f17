# shellcheck shell=bash disable=SC2154,SC2034  # variables of the sourcing script, or for the others that it sources
# Starts and stops what the proofs talk to: containers, the sandbox in Tiki's place, tools of Python's. Sourced.

# As on Cloud Run, and stricter: nothing can be written but a small /tmp, and nothing is allowed.
locked_down=(--read-only --read-only-tmpfs=false --tmpfs "/tmp:rw,size=64m,mode=1777,noexec,nosuid"
    --cap-drop=all --security-opt no-new-privileges --memory 128m)

# start_sandbox MILLISECONDS: one that takes so long for each call; in place of the one before.
start_sandbox() {
    stop_sandbox
    sandbox_port=$(testbed ports)
    CLIENT_KEY=$key CLIENT_SECRET=$secret "$sandbox_binary" --quiet --port "$sandbox_port" --delay "$1" \
        >"$scratch/sandbox.log" 2>&1 &
    sandbox_pid=$!
    sandbox=http://127.0.0.1:$sandbox_port
    eventually 5 curl -fsS "$sandbox/sandbox/calls" || fail "the sandbox does not start: $(<"$scratch/sandbox.log")"
}

sandbox_pid=
stop_sandbox() {
    [[ -n $sandbox_pid ]] || return 0
    kill "$sandbox_pid" 2>/dev/null || true
    wait "$sandbox_pid" 2>/dev/null || true
    sandbox_pid=
}

key=test-key
secret=$(head -c 24 /dev/urandom | base64)

# run_container [OPTION…]: starts it on a free $port, the credentials as on Cloud Run. Sets $ready_after, in ms.
run_container() {
    local started
    podman rm --force --time 0 test >/dev/null 2>&1 || true
    port=$(testbed ports)
    url=http://127.0.0.1:$port
    mkdir -p "$scratch/secrets"
    # As Cloud Run mounts it: every user may read it.
    printf '%s' "$secret" >"$scratch/secrets/client-secret"
    chmod 755 "$scratch" "$scratch/secrets"
    chmod 444 "$scratch/secrets/client-secret"
    started=$(now)
    podman run --detach --name test "${locked_down[@]}" -v "$scratch/secrets:/secrets:ro" -e PORT="$port" \
        -e CLIENT_KEY="$key" -e CLIENT_SECRET_FILE=/secrets/client-secret \
        -e AUTH_ENDPOINT="$sandbox/tiniapp-open-api/oauth/auth/token" "$@" "$image" >/dev/null
    until curl -fsS --max-time 1 -o /dev/null "$url/health/ready" 2>/dev/null; do
        (($(now) - started < 10000)) || fail "the container is not ready within 10 s: $(podman logs test 2>&1 | tail -n 5)"
        sleep 0.01
    done
    # Not counting the engine's own work.
    ready_after=$(($(now) - $(podman inspect --format '{{.State.StartedAt.UnixMilli}}' test)))
}

now() { echo $(($(date +%s%N) / 1000000)); }

# host_pids PATTERN: of the container's processes whose command line matches.
host_pids() { podman top test hpid,args | awk -v pattern="$1" 'NR > 1 && $0 ~ pattern { print $1 }'; }

exit_code() { podman inspect --format '{{.State.ExitCode}}' test; }

# Whatever happened before: containers and their mounts first, or the folder cannot go.
remove_everything() {
    trap - EXIT
    trap '' HUP INT TERM
    set +e
    stop_sandbox
    if [[ -n $step ]]; then
        kill -TERM -- "-$step"
        wait "$step"
        kill -KILL -- "-$step"
    fi 2>/dev/null
    if [[ -e $scratch/containers.conf ]]; then
        podman rm --all --force --time 0
        podman image unmount --all --force
        # A build that was interrupted leaves its working containers mounted.
        buildah rm --all
        grep -F " $scratch/" /proc/self/mounts | cut -d ' ' -f 2 | sort -r | xargs -r -n 1 umount -l
    fi >/dev/null 2>&1
    rm -rf "$scratch"
}
