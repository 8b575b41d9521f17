"""Counts the responder's instructions for a request, and compares with the committed number.

Instructions that valgrind counts are the same on a slow or busy machine. What else varies from run to run is fixed: the
hash seed, and whether a request's bytes have arrived when its connection is accepted (with one core for everything they
nearly always have). Start and stop are subtracted: there are two runs, which differ only in the counted requests.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from testbed import fastcgi
from testbed.processes import Child
from testbed.servers import settings

from .certificates import make_certificates
from .places import BACKEND, BENCHMARKS, WORK, raise_descriptor_limit
from .upstream import Upstream

_WARM, _COUNTED = 200, 1000
# Per cent of the committed number.
_TOLERANCE = 5
_COMMITTED = BENCHMARKS / "instructions.txt"
_PROFILE = WORK / "callgrind.out"


def _run(binary, upstream, requests):
    """All instructions of a run with that many requests, one after the other, without nginx."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        socket = f"{folder}/fastcgi.sock"
        environment = settings(upstream.url("http", 0), socket, SWIFT_DETERMINISTIC_HASHING="1")
        # valgrind counts one instruction for each byte that "rep stosb" writes; a processor needs a few cycles for all.
        environment["GLIBC_TUNABLES"] = "glibc.cpu.x86_rep_stosb_threshold=16777216"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={_PROFILE}", binary, "serve"]
        service = Child("the responder under valgrind", command, f"{folder}/log", environment)
        try:
            service.wait_until_ready(lambda: _is_live(socket), 60)
            for number in range(requests):
                body = b'{"code":"%s.%043d"}' % (b"x" * 43, number)
                request = fastcgi.request("POST", "/auth_exchange", body, REQUEST_ID=f"{number:032x}")
                status = fastcgi.ask(socket, request).status
                if status != 200:
                    raise RuntimeError(f"request {number} got {status}:\n{service.last_words()}")
        finally:
            code = service.stop(60)
        if code != 0:
            raise RuntimeError(f"the responder has ended with code {code} under valgrind")
    return int(re.search(r"^totals: (\d+)", _PROFILE.read_text(), re.MULTILINE).group(1))


def _is_live(socket):
    """Succeeds once in each run. While nothing listens, asking costs the responder no instructions."""
    try:
        return fastcgi.ask(socket, fastcgi.request("GET", "/health/live")).status == 200
    except (FileNotFoundError, ConnectionRefusedError):
        return False


def _committed():
    lines = _COMMITTED.read_text().splitlines()
    return int(next(line for line in lines if line and not line.startswith("#")).replace(",", ""))


def count():
    make_certificates()
    # Without Swift's debug information, which valgrind 3.19 cannot read. The names stay.
    binary = WORK / "backend-under-valgrind"
    subprocess.run(["strip", "--strip-debug", "-o", str(binary), str(BACKEND)], check=True, timeout=120)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    upstream = Upstream()
    try:
        start_and_stop = _run(binary, upstream, _WARM)
        return round((_run(binary, upstream, _WARM + _COUNTED) - start_and_stop) / _COUNTED)
    finally:
        upstream.stop()


def main():
    raise_descriptor_limit()
    shutil.rmtree(WORK / "run", ignore_errors=True)
    (WORK / "run").mkdir(parents=True)
    try:
        counted, committed = count(), _committed()
    finally:
        shutil.rmtree(WORK / "run", ignore_errors=True)
    change = 100 * (counted / committed - 1)
    print(f"instructions a request: {counted:,}; committed: {committed:,} ({change:+.1f} %)")
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
