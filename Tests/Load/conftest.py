"""The test process holds one end of every connection, of thousands in some proofs; its children inherit the limit."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time

from testbed import fastcgi
from testbed.places import ROOT

LONG = bool(os.environ.get("LONG_TESTS"))
# Requests a second.
RATE = 200
# Proofs that take minutes and want the machine for themselves: `make test-long`.
collect_ignore_glob = [] if LONG else ["*_long.py"]


def pytest_sessionstart():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192
    assert most == resource.RLIM_INFINITY or most >= wanted, f"{wanted} open files are needed, and {most} allowed"
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def show(proof, text):
    """Prints a proof's figures as one line."""
    print(f"\nproof: {proof}: {text}")


def health_seconds(connection):
    """How long a good answer takes on a kept connection."""
    started = time.monotonic()
    connection.request("GET", "/health/live")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    return time.monotonic() - started


def exchange(code):
    """The bytes of a request to the responder. Each code is another: equal ones would share a call."""
    return fastcgi.request("POST", "/auth_exchange", b'{"code":"%s"}' % code.encode())


@contextlib.contextmanager
def load(folder, port, codes, *options):
    """Sends codes at the rate, and yields a function that waits for the report."""
    program, file = ROOT / "Tests/Support/testbed/load.py", folder / "codes.json"
    file.write_text(json.dumps({"codes": codes}))
    command = [sys.executable, "-B", program, "--port", port, "--codes", file, "--rate", RATE, *options]
    command += ["--seconds", len(codes) / RATE]
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE) as process:
        try:
            yield lambda: json.loads(process.communicate(timeout=300)[0])
        finally:
            process.kill()
