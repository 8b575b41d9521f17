#!/usr/bin/env bash
# Fuzzes the code that reads raw bytes: the gate with libfcgi behind it, the JSON scanner, and what
# reads an answer. See Tests/Fuzz/README.md.
#     fuzz.sh [SECONDS]      for all together, without the build; 60 if not given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A crash should end at once; the backtracer would hold it up for minutes.
export SWIFT_BACKTRACE=enable=no

seconds=$((${1:-60} / 3))
out=.build/fuzz
fuzz=.build-fuzz/release/Fuzz
mkdir -p "$out"

# logged NAME COMMAND…: quiet unless it fails.
logged() {
    local name=$1
    shift
    "$@" >"$out/$name.log" 2>&1 && return
    tail -n 40 "$out/$name.log" >&2
    echo "fuzz: $name has failed; its input is in $out, or a known one named above. See Tests/Fuzz/README.md." >&2
    exit 1
}

# run NAME OPTION…
run() {
    local name=$1 seeds=Tests/Fuzz/Corpus/$1 known=()
    shift
    mapfile -t known < <(find "Tests/Fuzz/Regressions/$name" -type f 2>/dev/null)
    ((${#known[@]} == 0)) || logged "$name" timeout 60 "$fuzz" "$name" -timeout=10 "${known[@]}"
    # The first folder takes what the run finds, the second only gives.
    mkdir -p "$out/$name.corpus"
    logged "$name" timeout $((seconds + 60)) "$fuzz" "$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$out/$name-" -print_final_stats=1 "$@" "$out/$name.corpus" "$seeds"
    echo "fuzz: $name: ${#known[@]} known inputs;" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log") inputs in $seconds s," \
        "$(grep -o 'cov: [0-9]*' "$out/$name.log" | tail -n 1); nothing found"
}

echo "Building the fuzzers…"
# A separate folder: the same sources with other flags.
FUZZ=1 swift build --quiet --configuration release --scratch-path .build-fuzz --product Fuzz --sanitize=address \
    -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing -Xswiftc -enforce-exclusivity=checked -Xswiftc -use-ld=lld

# libfcgi reads through a buffer of 8 KiB: inputs must be able to cross its end.
run gate -max_len=20000
run json -max_len=4096
run answer -max_len=4096
