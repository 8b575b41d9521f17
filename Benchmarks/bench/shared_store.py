"""The cost of the shared store for a login: medians with and without one, in turn. Some 15 seconds.

PYTHONPATH=Benchmarks:Tests/Support python3 -B -m bench.shared_store
"""

import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from testbed import fastcgi
from testbed.processes import Child
from testbed.servers import settings

from .certificates import make_certificates
from .places import BACKEND, WORK
from .upstream import Upstream

_ROUNDS, _REQUESTS = 6, 500


def _start(folder, upstream, name, **more):
    socket = folder / f"{name}.sock"
    service = Child(name, [BACKEND, "serve"], folder / f"{name}.log", settings(upstream.url("http", 0), socket, **more))
    service.wait_until_ready(lambda: "listening" in service.text())
    return service, socket


def _milliseconds(socket, prefix):
    """Of each of some logins, one after the other."""
    times = []
    for number in range(_REQUESTS):
        request = fastcgi.request("POST", "/auth_exchange", b'{"code":"%s-%d"}' % (prefix.encode(), number))
        started = time.perf_counter()
        if fastcgi.ask(socket, request).status != 200:
            raise RuntimeError("a login failed")
        times.append((time.perf_counter() - started) * 1000)
    return times


def main():
    # What a run before this one has left.
    shutil.rmtree(WORK / "run", ignore_errors=True)
    make_certificates()
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = pathlib.Path(name)
        redis = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", folder / "redis.sock", "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        services = []
        try:
            alone = _start(folder, upstream, "alone")
            shared = _start(folder, upstream, "shared", SHARED_STORE=f"redis+unix://{folder}/redis.sock")
            services = [alone[0], shared[0]]
            times = {"alone": [], "shared": []}
            for turn in range(_ROUNDS + 1):
                for kind, (_, socket) in (("alone", alone), ("shared", shared)):
                    found = _milliseconds(socket, f"{kind}-{turn}")
                    # The first round warms up.
                    times[kind] += found if turn else []
            medians = {kind: statistics.median(found) for kind, found in times.items()}
            print(
                f"median of {_ROUNDS * _REQUESTS:,} logins, one at a time: {medians['alone']:.3f} ms alone, "
                f"{medians['shared']:.3f} ms with a store on a unix socket"
            )
        finally:
            for service in services:
                service.stop(10)
            redis.terminate()
            redis.wait(10)
            upstream.stop()


if __name__ == "__main__":
    main()
