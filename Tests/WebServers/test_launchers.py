"""Programs that start a responder themselves, with its socket as descriptor 0; and libfcgi's own client."""

import json
import signal
import socket
import subprocess

import pytest
from conftest import SOCKET, Server
from testbed import fastcgi, http_client
from testbed.markdown import Page
from testbed.places import PRODUCTS
from testbed.processes import ENVIRONMENT, Child, wait_until
from testbed.servers import CREDENTIALS, Sandbox, scratch_folder, settings

(COMMAND,) = (block.text for block in Page("docs/web-servers.md").blocks if block.text.startswith("spawn-fcgi"))


class Spawned:
    """The page's command, with a delay of the sandbox in milliseconds."""

    def __init__(self, delay=0):
        self.folder = scratch_folder()
        self.sandbox = Sandbox(self.folder, "--delay", str(delay))
        self.socket = self.folder / "spawned.sock"
        command = COMMAND.replace(SOCKET, str(self.socket))
        command = command.replace("/usr/local/bin/tiniapp-auth-backend", str(PRODUCTS / "tiniapp-auth-backend"))
        # A path that must not be used.
        environment = settings(self.sandbox.auth_endpoint, "/nonexistent/fcgi.sock", SWIFT_BACKTRACE="enable=no")
        self.child = Child("spawn-fcgi", command.split(), self.folder / "log", environment)
        self.child.wait_until_ready(lambda: "listening" in self.child.text())

    def exchange(self):
        body = json.dumps({"code": self.sandbox.code()}).encode()
        return fastcgi.request("POST", "/auth_exchange", body)

    def stop(self):
        self.child.stop()
        self.sandbox.stop()


@pytest.fixture
def spawned():
    started = []

    def start(**options):
        started.append(Spawned(**options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_spawn_fcgi(spawned):
    it = spawned()
    assert '"socket":"descriptor 0"' in it.child.text()
    for _ in range(10):
        assert fastcgi.ask(it.socket, it.exchange()).status == 200


def test_term_answers_what_is_in_flight_and_what_waits_in_the_queue(spawned):
    it = spawned(delay=500)
    requests = [it.exchange() for _ in range(20)]
    connections = []
    it.child.send_signal(signal.SIGSTOP)
    for request in requests:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(str(it.socket))
        connection.sendall(request)
        connections.append(connection)
    it.child.send_signal(signal.SIGTERM)
    it.child.send_signal(signal.SIGCONT)
    assert [fastcgi.answer(connection).status for connection in connections] == [200] * 20
    assert it.child.process.wait(10) == 0


def test_a_tcp_socket_is_refused_in_one_sentence():
    folder = scratch_folder()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        run = subprocess.run(
            [PRODUCTS / "tiniapp-auth-backend", "serve"],
            stdin=listener.fileno(),
            env=settings("http://127.0.0.1:1/auth/token", folder / "x.sock"),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert run.returncode == 1
    assert "descriptor 0 cannot be used: it is not a unix stream socket" in run.stderr
    assert not (folder / "x.sock").exists()


@pytest.mark.parametrize("descriptor", ["/dev/null", None])
def test_another_descriptor_0_is_no_socket(descriptor):
    folder = scratch_folder()
    path = folder / "fcgi.sock"
    stdin = open(descriptor) if descriptor else None  # noqa: SIM115
    command = [PRODUCTS / "tiniapp-auth-backend", "serve"]
    if not descriptor:
        command = ["sh", "-c", f'exec "{command[0]}" serve <&-']
    process = subprocess.Popen(
        command, stdin=stdin, env=settings("http://127.0.0.1:1/auth/token", path), stderr=subprocess.DEVNULL
    )
    try:
        wait_until(path.exists, "it listens on its own socket")
    finally:
        process.kill()
        process.wait()
        if stdin:
            stdin.close()


@pytest.mark.parametrize("name", ["lighttpd", "apache-start"])
def test_a_web_server_that_starts_it(name):
    folder = scratch_folder()
    sandbox = Sandbox(folder)
    (folder / "secret").write_text(CREDENTIALS["CLIENT_SECRET"])
    (folder / "secret").chmod(0o644)
    folder.chmod(0o755)
    starting = {
        "CLIENT_KEY": CREDENTIALS["CLIENT_KEY"],
        "CLIENT_SECRET_FILE": str(folder / "secret"),
        "AUTH_ENDPOINT": sandbox.auth_endpoint,
    }
    server = Server(name, folder / "started.sock", starting)
    try:
        for _ in range(5):
            body = json.dumps({"code": sandbox.code()}).encode()
            answer = http_client.request(server.port, "POST", "/auth_exchange", body=body)
            assert (answer.status, answer.json["data"]["customer"]["id"]) == (200, 1)
    finally:
        server.stop()
        sandbox.stop()


def test_libfcgis_own_client(spawned):
    it = spawned()
    body = json.dumps({"code": it.sandbox.code()})
    environment = ENVIRONMENT | {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/auth_exchange",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    }
    command = ["cgi-fcgi", "-bind", "-connect", str(it.socket)]
    run = subprocess.run(command, input=body, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert run.returncode == 0
    assert run.stdout.startswith("Status: 200")
    assert '"access_token"' in run.stdout
