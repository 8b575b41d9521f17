"""The test process holds one end of every connection, of thousands in some proofs; its children inherit the limit."""

import os
import resource

from testbed import fastcgi

LONG = bool(os.environ.get("LONG_TESTS"))
# Proofs that take minutes and want the machine for themselves: `make test-long`.
collect_ignore_glob = [] if LONG else ["*_long.py"]


def pytest_sessionstart():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192
    assert most == resource.RLIM_INFINITY or most >= wanted, (
        f"these proofs need {wanted} open files, and may have {most}"
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def show(proof, text):
    """Prints a proof's figures as one line."""
    print(f"\nproof: {proof}: {text}")


def exchange(code):
    """The bytes of a request to the responder. Each code is another: equal ones would share a call."""
    return fastcgi.request("POST", "/auth_exchange", b'{"code":"%s"}' % code.encode())
