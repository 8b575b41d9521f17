"""Counts the responder's instructions for a request, and compares with the committed number.

Instructions that valgrind counts are nearly the same on a slow machine. On a busy one they are some more, as fewer
requests share a timer. What else varies from run to run is fixed, such as the hash seed.
"""

import re
import subprocess
import sys

from .exchanges import committed, per_exchange, run
from .places import BACKEND, BENCHMARKS, WORK

# Per cent of the committed number.
_TOLERANCE = 5
_COMMITTED = BENCHMARKS / "instructions.txt"
_PROFILE = WORK / "callgrind.out"


def _count(upstream, requests):
    """All instructions of a run."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={_PROFILE}", _binary(), "serve"]
    run(
        command,
        upstream,
        requests,
        SWIFT_DETERMINISTIC_HASHING="1",
        # valgrind counts one instruction for each byte that "rep stosb" writes; a processor needs a few cycles for all.
        GLIBC_TUNABLES="glibc.cpu.x86_rep_stosb_threshold=16777216",
    )
    return int(re.search(r"^totals: (\d+)", _PROFILE.read_text(), re.MULTILINE).group(1))


def _binary():
    """Without Swift's debug information, which valgrind 3.19 cannot read. The names stay."""
    binary = WORK / "backend-under-valgrind"
    subprocess.run(["strip", "--strip-debug", "-o", str(binary), str(BACKEND)], check=True, timeout=120)
    return binary


def main():
    counted, expected = round(per_exchange(_count)), committed(_COMMITTED)
    change = 100 * (counted / expected - 1)
    print(f"instructions a request: {counted:,}; committed: {expected:,.0f} ({change:+.1f} %)")
    if change > _TOLERANCE:
        print(
            f"More than {_TOLERANCE} % over. Where they go: callgrind_annotate {_PROFILE}\n"
            f"If it is worth it, write {counted} into {_COMMITTED}, and the reason into the commit.",
            file=sys.stderr,
        )
        return 1
    if change < -_TOLERANCE:
        print(f"Well done: write {counted} into {_COMMITTED}, so that it stays.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
