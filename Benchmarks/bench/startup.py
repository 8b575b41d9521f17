"""The time from exec to the first 200: of the responder, and of the container's entrypoint with nginx."""

import subprocess
import tempfile
import time

from testbed import fastcgi, http_client
from testbed.processes import wait_until
from testbed.servers import settings

from . import certificates, container, contestants
from .contestants import C_RESPONDER
from .places import SHIPPED

_LIVE = fastcgi.request("GET", "/health/live")


def _settings(upstream, socket=""):
    return settings(upstream.url("https", 0), socket, UPSTREAM_CA_FILE=str(certificates.CA), THREADS="64")


def _seconds_to_200(command, environment, is_answering, log_file, bound=10):
    """Starts it, polls every half millisecond, stops it."""
    with open(log_file, "ab") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        try:
            while not is_answering():
                if process.poll() is not None or time.perf_counter() - began > bound:
                    with open(log_file, encoding="utf-8", errors="replace") as lines:
                        raise RuntimeError(f"{command[0]} does not start:\n{lines.read()[-1500:]}")
                time.sleep(0.0005)
            return time.perf_counter() - began
        finally:
            process.terminate()
            try:
                process.wait(12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def responder(command, upstream, times):
    """Polled over its socket, without nginx."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        socket = f"{folder}/fastcgi.sock"
        environment = _settings(upstream, socket)

        def is_answering():
            try:
                return fastcgi.ask(socket, _LIVE, 5).status == 200
            except OSError:
                return False

        return [_seconds_to_200(command, environment, is_answering, f"{folder}/log") for _ in range(times)]


def whole_container(upstream, times):
    """Polled over HTTP, through nginx."""
    with container.Image() as image:
        return [
            _seconds_to_200(image.command, image.environment(_settings(upstream)), image.is_answering, image.log)
            for _ in range(times)
        ]


def flask(upstream, times):
    """Polled over HTTP: it has no nginx in front."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        contestant = contestants.start("flask", upstream, "https", 0)
        try:
            wait_until(lambda port=contestant.port: http_client.is_ok(port, "/"), "Flask answers", interval=0.0005)
            seconds.append(time.perf_counter() - began)
        finally:
            contestant.stop()
    return seconds


def all_of_them(upstream, plan):
    """A list of seconds for each of them."""
    return {
        "responder": responder([SHIPPED, "serve"], upstream, plan.starts),
        "c": responder([C_RESPONDER], upstream, plan.starts),
        "flask": flask(upstream, plan.container_starts),
        "container": whole_container(upstream, plan.container_starts),
    }
