"""Fixtures: an isolated network with a name server and an upstream."""

import contextlib
import json
import pathlib
import shutil
import signal
import sys

import namespaces
import pytest
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child, wait_until
from testbed.servers import Responder, scratch_folder

HERE = pathlib.Path(__file__).resolve().parent

NAME_SERVER = "127.0.0.53"
NAME = "up.test"


@pytest.fixture(scope="session")
def _system_files():
    folder = scratch_folder()
    try:
        yield namespaces.enter(folder)
    except OSError as error:
        pytest.skip(f"this needs a network and mounts of its own, which the system refuses: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def outside(_system_files):
    with contextlib.ExitStack() as started:
        folder = scratch_folder()
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Outside(*_system_files, folder, started)


class Outside:
    """Everything around the responder. All of it ends with the test."""

    def __init__(self, resolv_conf, hosts, folder, started):
        self._resolv_conf = resolv_conf
        self._hosts = hosts
        self._folder = folder
        self._started = started
        self._settings = folder / "dns.json"
        self._log = folder / "dns.txt"
        self._children = 0
        self.port = free_port()
        self.hosts("127.0.0.1 localhost")
        self.name_servers(NAME_SERVER)
        self.dns()
        self._start("dns_server.py", NAME_SERVER, self._settings, self._log)

    def _start(self, script, *arguments):
        self._children += 1
        command = [sys.executable, "-B", HERE / script, *arguments]
        name = f"{script}-{self._children}"
        child = Child(name, command, self._folder / f"{name}.log", ENVIRONMENT, signal.SIGKILL)
        self._started.callback(child.stop)
        child.wait_until_ready(lambda: "listening" in child.text())
        return child

    def name_servers(self, *addresses):
        # In place: it is this file that is mounted.
        self._resolv_conf.write_text("".join(f"nameserver {address}\n" for address in addresses))

    def hosts(self, *lines):
        self._hosts.write_text("".join(f"{line}\n" for line in lines))

    def dns(self, **settings):
        """From now on; see dns_server.py. Without more, there is the usual name, which has one IPv4 address."""
        settings = {"names": {NAME: {"A": ["127.0.0.1"]}}} | settings
        new = self._settings.with_suffix(".new")
        new.write_text(json.dumps(settings))
        new.rename(self._settings)

    def dns_queries(self):
        """Protocol, type and name of each that has come."""
        return [tuple(line.split()) for line in self._log.read_text().splitlines()]

    def upstream(self, *options, addresses=("127.0.0.1",)):
        return self._start("upstream.py", self.port, *addresses, *options)

    def endpoint(self, name=NAME):
        return f"http://{name}:{self.port}/auth/token"

    def responder(self, through=(), **settings):
        """`through` is a command that becomes the responder."""
        settings = {"ALLOW_INSECURE_UPSTREAM": "1"} | settings
        responder = Responder(self._folder, self.endpoint(), through, **settings)
        self._started.callback(responder.stop)
        return responder

    def wait_for_queries(self, count):
        wait_until(lambda: len(self.dns_queries()) >= count, f"{count} questions have come to the name server")
