"""Counts what a request costs the responder, and compares it with the committed numbers: instructions, system calls.

Instructions that valgrind counts are nearly the same on a slow machine; on a busy one they are some more, as fewer
requests share a timer. System calls, which strace counts, depend a little on when threads meet: how many lines of the
log go into one write, how many events into one wait.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from testbed import fastcgi
from testbed.processes import Child, wait_until
from testbed.servers import settings

from .certificates import make_certificates
from .places import BACKEND, BENCHMARKS, WORK, raise_descriptor_limit
from .upstream import Upstream

# So much more than committed still passes: per cent, and calls.
_INSTRUCTIONS_TOLERANCE = 5
_CALLS_TOLERANCE = 1.5
_WARM, _COUNTED = 200, 1000
_PROFILE, _SUMMARY = WORK / "callgrind.out", WORK / "strace.out"


def _run(command, upstream, requests, **variables):
    """Starts the responder by the command, makes exchanges one after the other on a kept connection, and stops it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        socket = f"{folder}/fastcgi.sock"
        environment = settings(upstream.url("http", 0), socket, **variables)
        service = Child(f"the responder under {command[0]}", command, f"{folder}/log", environment)
        try:
            service.wait_until_ready(lambda: _is_live(socket), 60)
            with fastcgi.connect(socket) as connection:
                for number in range(requests):
                    body = b'{"code":"%s.%043d"}' % (b"x" * 43, number)
                    request = fastcgi.request("POST", "/auth_exchange", body, True, REQUEST_ID=f"{number:032x}")
                    connection.sendall(request)
                    status = fastcgi.answer_on_kept(connection).status
                    if status != 200:
                        raise RuntimeError(f"request {number} got {status}:\n{service.last_words()}")
        finally:
            code = service.stop(60)
        if code != 0:
            raise RuntimeError(f"the responder has ended with code {code} under {command[0]}")


def _is_live(socket):
    """Succeeds once in each run. While nothing listens, asking costs the responder nothing."""
    try:
        return fastcgi.ask(socket, fastcgi.request("GET", "/health/live")).status == 200
    except (FileNotFoundError, ConnectionRefusedError):
        return False


def _instructions(upstream, requests):
    """All of a run."""
    # Without Swift's debug information, which valgrind 3.19 cannot read. The names stay.
    binary = WORK / "backend-under-valgrind"
    subprocess.run(["strip", "--strip-debug", "-o", str(binary), str(BACKEND)], check=True, timeout=120)
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={_PROFILE}", binary, "serve"]
    # valgrind counts one instruction for each byte that "rep stosb" writes; a processor needs a few cycles for all.
    variables = {"GLIBC_TUNABLES": "glibc.cpu.x86_rep_stosb_threshold=16777216", "SWIFT_DETERMINISTIC_HASHING": "1"}
    _run(command, upstream, requests, **variables)
    return int(re.search(r"^totals: (\d+)", _PROFILE.read_text(), re.MULTILINE)[1])


def _system_calls(upstream, requests):
    """All of a run."""
    _SUMMARY.unlink(missing_ok=True)
    # In its own session: it writes the summary when the responder has ended.
    strace = ["strace", "-DDD", "-f", "-c", "-U", "calls,name", "-o", _SUMMARY]
    _run([*strace, BACKEND, "serve"], upstream, requests)
    wait_until(lambda: _SUMMARY.exists() and "total" in _SUMMARY.read_text(), "strace has written its summary")
    return int(re.search(r"^ *(\d+) total$", _SUMMARY.read_text(), re.MULTILINE)[1])


def _holds(what, count, file, tolerance, profile):
    """Whether one exchange costs what the file says. Start and stop are subtracted: two runs differ in the requests."""
    lines = file.read_text().splitlines()
    expected = float(next(line for line in lines if line and not line.startswith("#")).replace(",", ""))
    upstream = Upstream()
    try:
        few = count(upstream, _WARM)
        counted = (count(upstream, _WARM + _COUNTED) - few) / _COUNTED
    finally:
        upstream.stop()
        shutil.rmtree(WORK / "run", ignore_errors=True)
    print(f"{what} a request: {counted:,.1f}; committed: {expected:,.1f}; where they go: {profile}")
    if abs(counted - expected) > tolerance(expected):
        print(f"If it is to stay, write {counted:.1f} into {file}, and the reason into the commit.")
    return counted <= expected + tolerance(expected)


def main():
    raise_descriptor_limit()
    shutil.rmtree(WORK / "run", ignore_errors=True)
    make_certificates()
    # Whether a request's bytes have arrived when its connection is accepted: with one core for everything they nearly
    # always have.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    instructions, calls = BENCHMARKS / "instructions.txt", BENCHMARKS / "system-calls.txt"
    return [
        _holds("instructions", _instructions, instructions, lambda x: x * _INSTRUCTIONS_TOLERANCE / 100, _PROFILE),
        _holds("system calls", _system_calls, calls, lambda _: _CALLS_TOLERANCE, _SUMMARY),
    ]


if __name__ == "__main__":
    sys.exit(0 if all(main()) else 1)
