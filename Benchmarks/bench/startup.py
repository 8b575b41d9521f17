"""The time from exec to the first 200: of the responder, and of the container's entrypoint with nginx."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from functools import partial

from entrypoint import GID, UID, Image
from testbed import fastcgi, http_client
from testbed.ports import free_port
from testbed.processes import wait_until
from testbed.servers import settings

from . import certificates, contestants
from .contestants import C_RESPONDER
from .places import SHIPPED

_LIVE = fastcgi.request("GET", "/health/live")


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
        endpoint, authority = upstream.url("https", 0), str(certificates.CA)
        environment = settings(endpoint, socket, UPSTREAM_CA_FILE=authority, THREADS="64")

        def is_answering():
            try:
                return fastcgi.ask(socket, _LIVE, 5).status == 200
            except OSError:
                return False

        return [_seconds_to_200(command, environment, is_answering, f"{folder}/log") for _ in range(times)]


def whole_container(upstream, times):
    """The image's files in a folder, without an engine, whose time would be measured too. Polled through nginx."""
    with contextlib.ExitStack() as cleanup:
        image = Image()
        cleanup.callback(image.remove)
        # Copied: the image's user may not be able to come here.
        (image.folder / "tiniapp-auth-backend").unlink()
        shutil.copy(SHIPPED, image.folder / "tiniapp-auth-backend")
        shutil.copy(certificates.CA, image.folder / "ca.pem")
        image.set_processors(os.cpu_count())
        log = image.folder / "log"
        log.touch()
        if image.prefix:
            # nginx opens /dev/stdout by name.
            os.chown(log, UID, GID)
        command = [*image.prefix, image.folder / "container-entrypoint"]
        seconds = []
        for _ in range(times):
            port = free_port()
            environment = image.environment(
                AUTH_ENDPOINT=upstream.url("https", 0),
                UPSTREAM_CA_FILE=str(image.folder / "ca.pem"),
                UPSTREAM_WARM_CONNECTIONS="",
                PORT=str(port),
            )
            is_answering = partial(http_client.is_ok, port, "/health/ready")
            seconds.append(_seconds_to_200(command, environment, is_answering, log))
        return seconds


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
