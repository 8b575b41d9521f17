"""A responder in front of a stand-in for Tiki that counts tokens."""

import collections
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest
from testbed import fastcgi
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import Responder, certificate, scratch_folder

HERE = pathlib.Path(__file__).resolve().parent
PATHS = {"exchange": ("/auth_exchange", "code"), "refresh": ("/auth_refresh", "refresh_token")}


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
        self._tokens = folder / "tokens.txt"
        self.port = free_port()
        self.is_tls = False

    def upstream(self, *options, tls=False):
        self.is_tls = tls
        if tls:
            options = ["--tls", *certificate(self.folder, "DNS:localhost"), *options]
        command = [sys.executable, "-B", HERE / "token_server.py", self.port, self._tokens, *options]
        command = [str(word) for word in command]
        child = Child("token server", command, self.folder / "upstream.log", ENVIRONMENT, signal.SIGKILL)
        self._started.callback(child.stop)
        child.wait_until_ready(lambda: "listening" in child.text())

    def responder(self, name="one", **settings):
        scheme = "https" if self.is_tls else "http"
        if self.is_tls:
            settings["UPSTREAM_CA_FILE"] = str(self.folder / "tls.pem")
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        responder = Responder(folder, f"{scheme}://localhost:{self.port}/auth/token", **settings)
        self._started.callback(responder.stop)
        return responder

    def store(self):
        store = Store(self.folder)
        self._started.callback(store.stop)
        return store

    def sent(self):
        """How often each token reached the upstream."""
        return collections.Counter(self._tokens.read_text().splitlines())


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
        return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout.decode()

    def dump(self):
        """Everything that it holds, as a replica or a backup would get it."""
        command = ["redis-cli", "-s", str(self.socket), "--rdb", "-"]
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
