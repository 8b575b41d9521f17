"""Counts the responder's system calls for a request, and compares with the committed number.

More than half of a request's time is the kernel's. A count of calls does not depend on how fast the machine is, but a
little on when its threads meet: how many lines of the log go into one write, how many events into one wait.
"""

import collections
import sys

from testbed.processes import wait_until

from .exchanges import COUNTED, committed, per_exchange, run
from .places import BACKEND, BENCHMARKS, WORK

# So many calls more than committed still pass.
_TOLERANCE = 1.5
_COMMITTED = BENCHMARKS / "system-calls.txt"
_SUMMARY = WORK / "strace.out"


def _count(upstream, requests):
    """The system calls of a run by name."""
    _SUMMARY.unlink(missing_ok=True)
    # In its own session: it writes the summary when the responder has ended.
    strace = ["strace", "-DDD", "-f", "-c", "-U", "calls,name", "-o", _SUMMARY]
    run([*strace, BACKEND, "serve"], upstream, requests)
    wait_until(lambda: _SUMMARY.exists() and "total" in _SUMMARY.read_text(), "strace has written its summary")
    fields = (line.split() for line in _SUMMARY.read_text().splitlines())
    return collections.Counter({line[1]: int(line[0]) for line in fields if len(line) == 2 and line[0].isdigit()})


def main():
    runs = []

    def count(upstream, requests):
        runs.append(_count(upstream, requests))
        return runs[-1]["total"]

    counted, expected = per_exchange(count), committed(_COMMITTED)
    print(f"system calls a request: {counted:.1f}; committed: {expected:.1f}")
    each = {name: (number - runs[0][name]) / COUNTED for name, number in runs[1].items() if name != "total"}
    often = sorted((name for name in each if each[name] >= 0.05), key=lambda name: -each[name])
    print("  " + ", ".join(f"{name} {each[name]:.2f}" for name in often))
    if counted > expected + _TOLERANCE:
        print(
            f"Over by more than {_TOLERANCE}. If it is worth it, write {counted:.1f} into {_COMMITTED}, and the reason "
            "into the commit.",
            file=sys.stderr,
        )
        return 1
    if counted < expected - _TOLERANCE:
        print(f"Well done: write {counted:.1f} into {_COMMITTED}, so that it stays.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
