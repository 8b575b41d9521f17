#!/usr/bin/env bash
# Fuzzes the code that reads raw bytes: the gate with libfcgi behind it, the JSON scanner, what reads an answer of Tiki's, and
# what reads a shared store's replies and values. See Tests/Fuzz/README.md.
#     fuzz.sh [SECONDS [HARNESS…]]      for all together, without the build; 60 if not given
# Without names: all but the store's, which takes minutes to build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A crash should end at once; the backtracer would hold it up for minutes.
export SWIFT_BACKTRACE=enable=no

harnesses=("${@:2}")
((${#harnesses[@]} > 0)) || harnesses=(gate json answer)
seconds=$((${1:-60} / ${#harnesses[@]}))
out=.build/fuzz
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

# build PRODUCT
build() {
    echo "Building $1…"
    # A separate folder: the same sources with other flags.
    FUZZ=store swift build --quiet --configuration release --scratch-path .build-fuzz --product "$1" --sanitize=address \
        -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing -Xswiftc -enforce-exclusivity=checked -Xswiftc -use-ld=lld
}

# run NAME OPTION…
run() {
    local name=$1 seeds=Tests/Fuzz/Corpus/$1 known=() fuzz=(.build-fuzz/release/Fuzz "$1")
    [[ $1 != store ]] || fuzz=(.build-fuzz/release/StoreFuzz)
    shift
    mapfile -t known < <(find "Tests/Fuzz/Regressions/$name" -type f 2>/dev/null)
    ((${#known[@]} == 0)) || logged "$name" timeout 60 "${fuzz[@]}" -timeout=10 "${known[@]}"
    # The first folder takes what the run finds, the second only gives.
    mkdir -p "$out/$name.corpus"
    logged "$name" timeout $((seconds + 60)) "${fuzz[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$out/$name-" -print_final_stats=1 "$@" "$out/$name.corpus" "$seeds"
    echo "fuzz: $name: ${#known[@]} known inputs;" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log") inputs in $seconds s," \
        "$(grep -o 'cov: [0-9]*' "$out/$name.log" | tail -n 1); nothing found"
}

case " ${harnesses[*]} " in *" gate "* | *" json "* | *" answer "*) build Fuzz ;; esac
case " ${harnesses[*]} " in *" store "*) build StoreFuzz ;; esac
for harness in "${harnesses[@]}"; do
    # libfcgi reads through a buffer of 8 KiB: inputs must be able to cross its end.
    if [[ $harness == gate ]]; then run gate -max_len=20000; else run "$harness" -max_len=4096; fi
done
