# shellcheck shell=bash
# Counts and prints what held and what did not. Sourced.

passed=0
failed=0

# ok TEXT / bad TEXT [MORE…]
ok() {
    passed=$((passed + 1))
    printf 'ok: %s\n' "$1"
}

bad() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$1"
    shift
    (($# == 0)) || printf '%s\n' "$@" | tail -n 15 | sed 's/^/    /'
}

# holds TEXT COMMAND…: the command's exit code decides; its output is shown if it fails.
holds() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$text"; else bad "$text" "$output"; fi
}

# equal TEXT EXPECTED ACTUAL
equal() {
    if [[ $2 == "$3" ]]; then ok "$1"; else bad "$1" "expected: $2" "actual:   $3"; fi
}

# has TEXT PATTERN ACTUAL: a glob pattern, anywhere in it.
has() {
    # shellcheck disable=SC2053  # a pattern
    if [[ $3 == *$2* ]]; then ok "$1"; else bad "$1" "expected in it: $2" "actual: $3"; fi
}

# lacks TEXT STRING ACTUAL
lacks() {
    if [[ $3 != *"$2"* ]]; then ok "$1"; else bad "$1" "the output holds what it must not"; fi
}

# eventually SECONDS COMMAND…: tries again until it succeeds.
eventually() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < until)) || return 1
        sleep 0.1
    done
}

# testbed MODULE [OPTION…]: a module of Tests/Support/testbed as a program. -B: no files beside the sources.
testbed() {
    PYTHONPATH=Tests/Support python3 -B -m "testbed.$1" "${@:2}"
}

# figure NAME JSON: a number of a flat JSON object on one line, such as testbed.load prints.
figure() { sed -E 's/.*"'"$1"'": ([^,}]+).*/\1/' <<<"$2"; }

# Last line of every proof; its code is the proof's.
summary() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0 && passed > 0))
}
