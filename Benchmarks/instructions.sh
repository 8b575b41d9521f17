#!/usr/bin/env bash
# Fails if the release build takes more than 5 % more instructions for a request than Benchmarks/instructions.txt says, or
# more system calls than Benchmarks/system-calls.txt says. valgrind and strace count them, so the machine's speed hardly
# matters: on one that is busy fewer requests share a timer, which takes up to 3 % more. Some fifteen seconds.
#     PRODUCTS_DIRECTORY=… for a build elsewhere
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PATH:/usr/sbin:/sbin
work=.build-bench
products=${PRODUCTS_DIRECTORY:-.build/release}

scripts/install-packages.sh valgrind:valgrind nginx-light:nginx libnginx-mod-http-echo openssl:openssl binutils:strip \
    strace:strace python3:python3
if [[ ! -x $products/tiniapp-auth-backend ]]; then
    echo "instructions: there is no $products/tiniapp-auth-backend; run make release." >&2
    exit 1
fi

mkdir -p "$work"
exec 9<"$work"
if ! flock --nonblock 9; then
    echo "instructions: a benchmark is live in this folder; it would be measured wrong." >&2
    exit 1
fi

# -B: no files beside the sources.
PYTHONPATH=Benchmarks:Tests/Support exec python3 -B -m bench.gates
