"""The responder's process, as a web server or its operator finds it at its socket."""

import concurrent.futures
import contextlib
import itertools
import os
import shutil
import signal

import pytest
from log_pipe import LogPipe
from testbed import fastcgi
from testbed.processes import figures, wait_until
from testbed.servers import Responder, scratch_folder
from testbed.upstream import Upstream

LONG = bool(os.environ.get("LONG_TESTS"))
only_long = pytest.mark.skipif(not LONG, reason="make test-long")
# A sanitizer handles crashes itself, and its memory would be measured, too.
IS_SANITIZED = bool(os.environ.get("SANITIZED"))
# Refuses at once: nothing listens on the discard port.
REFUSED = "http://127.0.0.1:9/auth/token"
# Longer than any test waits, so that no time runs out; and no connection but a call's is among the descriptors.
SETTINGS = dict.fromkeys(["ARRIVAL_TIMEOUT", "REQUEST_TIMEOUT", "SHUTDOWN_GRACE"], "300")
SETTINGS["UPSTREAM_WARM_CONNECTIONS"] = "0"

GREETING = fastcgi.request("GET", "/")
# Refused with 400 `missing_key`, so it never reaches the upstream.
KEYLESS = fastcgi.request("POST", "/auth_exchange", b'{"not_a_code":"a body of some fifty bytes, all its own"}')


def call(code="c"):
    """One that reaches the upstream."""
    return fastcgi.request("POST", "/auth_exchange", b'{"code":"%s"}' % code.encode())


class Door(Responder):
    """A responder, with its figures from when it was idle."""

    def __init__(self, folder, upstream=None, listener=None, **more):
        endpoint = upstream.auth_endpoint if upstream else REFUSED
        super().__init__(folder, endpoint, listener=listener, **SETTINGS | more)
        self._peers = contextlib.ExitStack()
        if listener:
            self.socket = listener.getsockname()

    def expect_start(self):
        # The first request allocates what is made only once.
        self.expect_service()
        self._idle = self.figures()

    def figures(self):
        return figures(self.child.process.pid)

    def connect(self, data=b""):
        """A connection that ends with the responder or before, and has sent this if it was not closed first."""
        peer = self._peers.enter_context(fastcgi.connect(self.socket))
        fastcgi.send(peer, data)
        return peer

    def ask(self, data):
        return fastcgi.ask(self.socket, data)

    def ask_often(self, count):
        """Makes requests that are logged, four at a time."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert {answer.status for answer in pool.map(self.ask, itertools.repeat(KEYLESS, count))} == {400}

    def is_running(self):
        return self.child.process.poll() is None

    def exit_code(self, number=None):
        """The process's, after this signal."""
        if number:
            self.send_signal(number)
        return self.child.process.wait(60)

    def begin_shutdown(self):
        self.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.socket.exists(), "the begin of the shutdown")

    def complaints(self):
        """The lines of its log that are no usual notices."""
        return [line for line in self.child.text().splitlines() if '"severity":"NOTICE"' not in line]

    def expect_service(self):
        answer = self.ask(GREETING)
        assert (answer.status, answer.text) == (200, "Hello World from Cloud Run!")

    def expect_unharmed(self):
        """It serves, and holds no more than when it was idle."""
        self.expect_service()
        assert self.is_running()
        # The runtime ends idle threads and starts them again, at most one per core. A responder that answers may not
        # have started them yet.
        threads = self._idle.threads + os.cpu_count()
        wait_until(
            lambda: (now := self.figures()).descriptors <= self._idle.descriptors and now.threads <= threads,
            "descriptors and threads as before",
        )

    def expect_growth_below(self, limit, before):
        """That its memory has not grown by so many KiB."""
        assert IS_SANITIZED or self.figures().resident - before.resident < limit

    def stop(self):
        self._peers.close()
        super().stop()


@pytest.fixture
def folder():
    path = scratch_folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(folder):
    """Starts responders, each in a folder of its own, with Door's arguments."""
    doors = []

    def start(*arguments, wait=True, **more):
        own = folder / f"door-{len(doors)}"
        own.mkdir()
        door = Door(own, *arguments, wait=wait, **more)
        doors.append(door)
        if wait:
            door.expect_start()
        return door

    yield start
    for door in doors:
        door.stop()
    assert not [door.child.text() for door in doors if "Sanitizer:" in door.child.text()]


@pytest.fixture
def log(folder):
    log = LogPipe(folder / "log")
    yield log
    os.close(log.reader)


@pytest.fixture
def upstream():
    """A stand-in for Tiki that holds its answers back."""
    with Upstream(is_holding=True) as upstream:
        yield upstream
