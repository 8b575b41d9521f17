"""Fixtures: an isolated network with a name server and an upstream."""

import asyncio
import contextlib
import json
import shutil

import namespaces
import pytest
from dns_server import NameServer
from testbed import faults
from testbed.ports import free_port
from testbed.processes import wait_until
from testbed.servers import Responder, scratch_folder
from testbed.upstream import Upstream

NAME_SERVER = "127.0.0.53"
NAME = "up.test"


@pytest.fixture(scope="session")
def _system():
    """The files that are resolv.conf and hosts, and the name server."""
    folder = scratch_folder()
    try:
        files = namespaces.enter(folder)
    except OSError as error:
        pytest.skip(f"this needs a network and mounts of its own, which the system refuses: {error}")
    yield *files, NameServer(NAME_SERVER)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def outside(_system):
    with contextlib.ExitStack() as started:
        folder = scratch_folder()
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Outside(*_system, folder, started)


class Outside:
    """Everything around the responder. All of it ends with the test."""

    def __init__(self, resolv_conf, hosts, name_server, folder, started):
        self._resolv_conf, self._hosts, self._name_server = resolv_conf, hosts, name_server
        self._folder, self._started = folder, started
        self.port = free_port()
        self.hosts("127.0.0.1 localhost")
        self.name_servers(NAME_SERVER)
        self.dns()
        self.dns_queries = name_server.queries
        self.dns_queries.clear()

    def name_servers(self, *addresses):
        # In place: it is this file that is mounted.
        self._resolv_conf.write_text("".join(f"nameserver {address}\n" for address in addresses))

    def hosts(self, *lines):
        self._hosts.write_text("".join(f"{line}\n" for line in lines))

    def dns(self, **settings):
        """From now on; see dns_server.py. Without more, there is the usual name, which has one IPv4 address."""
        self._name_server.settings = {"names": {NAME: {"A": ["127.0.0.1"]}}} | settings

    def upstream(self, delay=0, close=False, address="127.0.0.1"):
        """It answers with its address, and closes the connection then if it is to `close`."""
        body = json.dumps({"data": {"address": address}, "error": None}).encode()
        fields = ["Connection: close"] if close else []

        async def answer(connection, _):
            await asyncio.sleep(delay)
            await connection.send(faults.answer(200, body, *fields))
            return faults.CLOSE if close else faults.OPEN

        return self._started.enter_context(Upstream(self.port, answer=answer, address=address))

    def endpoint(self, name=NAME):
        return f"http://{name}:{self.port}/auth/token"

    def responder(self, through=(), **settings):
        """`through` is a command that becomes the responder."""
        settings = {"ALLOW_INSECURE_UPSTREAM": "1"} | settings
        responder = Responder(self._folder, self.endpoint(), through, **settings)
        self._started.callback(responder.stop)
        return responder

    def wait_for_queries(self, count):
        wait_until(lambda: len(self.dns_queries) >= count, f"{count} questions have come to the name server")
