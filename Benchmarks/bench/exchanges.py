"""Exchanges one after the other, over one kept connection, for counting what one costs: by valgrind, by strace."""

import os
import shutil
import tempfile

from testbed import fastcgi
from testbed.processes import Child
from testbed.servers import settings

from .certificates import make_certificates
from .places import WORK, raise_descriptor_limit
from .upstream import Upstream

_WARM = 200
COUNTED = 1000


def per_exchange(count):
    """The cost of one exchange, where `count(upstream, requests)` gives the cost of a run with that many.

    Start and stop are subtracted: there are two runs, which differ only in the counted requests.
    """
    raise_descriptor_limit()
    shutil.rmtree(WORK / "run", ignore_errors=True)
    (WORK / "run").mkdir(parents=True)
    make_certificates()
    # Whether a request's bytes have arrived when its connection is accepted: with one core for everything they nearly
    # always have.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    upstream = Upstream()
    try:
        few = count(upstream, _WARM)
        return (count(upstream, _WARM + COUNTED) - few) / COUNTED
    finally:
        upstream.stop()
        shutil.rmtree(WORK / "run", ignore_errors=True)


def run(command, upstream, requests, **variables):
    """Starts the responder by the command, makes the exchanges, and stops it."""
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


def committed(file):
    """The number in a file of Benchmarks that a gate compares with."""
    lines = file.read_text().splitlines()
    return float(next(line for line in lines if line and not line.startswith("#")).replace(",", ""))
