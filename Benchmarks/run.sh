#!/usr/bin/env bash
# `make bench`: measures the release build beside what people would pick instead, all on this machine, over loopback.
#     run.sh             about 25 minutes: Benchmarks/results.md, results.svg, .build-bench/results.json
#     QUICK=1 run.sh     two minutes, the main points, one round; its results stay in .build-bench
#     PRODUCTS_DIRECTORY=… for a build elsewhere
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PATH:/usr/sbin:/sbin
work=.build-bench
products=${PRODUCTS_DIRECTORY:-.build/release}

scripts/install-packages.sh nginx-light:nginx libnginx-mod-http-echo libnginx-mod-http-lua wrk:wrk golang-go:go gcc:cc \
    libfcgi-dev libcurl4-openssl-dev libssl-dev pkg-config:pkg-config openssl:openssl binutils:strip python3:python3 python3-venv
if [[ ! -x $products/tiniapp-auth-backend ]]; then
    echo "bench: there is no $products/tiniapp-auth-backend; run make release." >&2
    exit 1
fi

mkdir -p "$work"
exec 9<"$work"
if ! flock --nonblock 9; then
    echo "bench: another run is live in this folder; two at a time would measure each other." >&2
    exit 1
fi

# --- what is compared ----------------------------------------------------------------------------------------

# shellcheck disable=SC2046  # pkg-config's words are separate options
cc -O2 -Wall -Wextra -Werror -pthread -o "$work/c-responder" Benchmarks/c/*.c \
    $(pkg-config --cflags --libs fcgi libcurl libcrypto)
(export GOCACHE=$PWD/$work/go-cache && cd Benchmarks/go && go build -o "../../$work/go-server" .)

requirements=Benchmarks/flask/requirements.txt
if ! cmp -s "$requirements" "$work/venv/requirements.txt"; then
    echo "Installing gunicorn, Flask and requests from PyPI into $work/venv…"
    rm -rf "$work/venv"
    if ! { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet -r "$requirements"; } \
        >"$work/pip.log" 2>&1; then
        tail -n 5 "$work/pip.log" >&2
        echo "bench: Flask could not be installed from PyPI; pip says why above." >&2
        exit 1
    fi
    cp "$requirements" "$work/venv/requirements.txt"
fi

# --- the run --------------------------------------------------------------------------------------------------

# In this process's place, so that a signal reaches what starts and stops the others. -B: no files beside the sources.
PYTHONPATH=Benchmarks:Tests/Support:Tests/API exec python3 -B -m bench
