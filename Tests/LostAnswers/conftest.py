"""A responder in front of a stand-in for Tiki that counts tokens."""

import collections
import contextlib
import json
import shutil
import signal
import subprocess

import pytest
import tokens
from testbed import fastcgi
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import Responder, certificate, scratch_folder
from testbed.upstream import Upstream

PATHS = {
    "exchange": ("/auth_exchange", "code"),
    "refresh": ("/auth_refresh", "refresh_token"),
    "info": ("/auth_info", "access_token"),
}


@pytest.fixture
def world():
    with contextlib.ExitStack() as started:
        folder = scratch_folder()
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        yield World(folder, started)


class World:
    """Processes that end with the test."""

    def __init__(self, folder, started):
        self.folder = folder
        self._started = started

    def upstream(self, late=(0, 0), tls=False):
        """`late` is the share of the answers that come late, and by how many seconds."""
        files = certificate(self.folder, "IP:127.0.0.1") if tls else None
        self._upstream = self._started.enter_context(Upstream(answer=tokens.serve(*late), tls=files))
        self.endpoint = self._upstream.auth_endpoint

    def responder(self, name="one", **settings):
        if self.endpoint.startswith("https:"):
            settings["UPSTREAM_CA_FILE"] = str(self.folder / "tls.pem")
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        responder = Responder(folder, self.endpoint, **settings)
        self._started.callback(responder.stop)
        return responder

    def store(self):
        store = Store(self.folder)
        self._started.callback(store.stop)
        return store

    def sent(self):
        """How often each token reached the upstream."""
        return collections.Counter(arrival.credential for arrival in self._upstream.arrivals)

    def sent_twice(self):
        return [token for token, times in self.sent().items() if times > 1]


class Store:
    """A Redis that keeps nothing on disk."""

    def __init__(self, folder):
        self._folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"redis+unix://{self.socket}"
        self.start()

    def start(self, password=None):
        """Empty."""
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", self._folder]
        command += ["--enable-debug-command", "yes"]
        if password:
            command += ["--requirepass", password]
        self.child = Child("redis", command, self._folder / "redis.log", ENVIRONMENT, signal.SIGKILL)
        self.child.wait_until_ready(lambda: "eady to accept connections" in self.child.text())

    def kill(self):
        self.child.process.kill()
        self.child.process.wait()

    def stop(self):
        self.child.stop()

    def pause(self):
        self.child.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.child.send_signal(signal.SIGCONT)

    def run(self, *command):
        """Runs a command, and returns what it printed."""
        command = ["redis-cli", "-s", str(self.socket), *command]
        return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def request(route, token, body=None):
    path, key = PATHS[route]
    return fastcgi.request("POST", path, body or json.dumps({key: token}).encode())


def ask(responder, route, token, body=None, timeout=30):
    return fastcgi.ask(responder.socket, request(route, token, body), timeout)


def ask_and_leave(responder, route, token):
    """Sends a request and is gone before its answer."""
    with fastcgi.connect(responder.socket) as connection:
        connection.sendall(request(route, token))
