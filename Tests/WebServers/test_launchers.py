"""Programs that start a responder themselves, with its socket as descriptor 0; and libfcgi's own client."""

import contextlib
import json
import os
import signal
import socket
import subprocess

import pytest
from testbed import fastcgi
from testbed.markdown import Page
from testbed.places import PRODUCTS
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import CREDENTIALS, Responder, Sandbox, scratch_folder, settings
from web_servers import SOCKET, Server

(COMMAND,) = (block.text for block in Page("docs/web-servers.md").blocks if block.text.startswith("spawn-fcgi"))


POSTED = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json"}


@contextlib.contextmanager
def spawned(delay=0):
    """The page's command, with a delay of the sandbox in milliseconds; its socket, and what makes requests for it."""
    folder = scratch_folder()
    sandbox = Sandbox(folder, "--delay", str(delay))
    path = folder / "spawned.sock"
    command = COMMAND.replace(SOCKET, str(path))
    command = command.replace("/usr/local/bin/tiniapp-auth-backend", str(PRODUCTS / "tiniapp-auth-backend"))
    # A path that must not be used.
    environment = settings(sandbox.auth_endpoint, "/nonexistent/fcgi.sock", SWIFT_BACKTRACE="enable=no")
    child = Child("spawn-fcgi", command.split(), folder / "log", environment)
    child.wait_until_ready(lambda: '"socket":"descriptor 0"' in child.text())
    yield child, path, lambda: json.dumps({"code": sandbox.code()}).encode()
    child.stop()
    sandbox.stop()


def test_spawn_fcgi_and_libfcgis_own_client():
    with spawned() as (_, path, new_body):
        for _ in range(10):
            assert fastcgi.ask(path, fastcgi.request("POST", "/auth_exchange", new_body())).status == 200
        body = new_body()
        environment = ENVIRONMENT | POSTED | {"SCRIPT_NAME": "/auth_exchange", "CONTENT_LENGTH": str(len(body))}
        command = ["cgi-fcgi", "-bind", "-connect", str(path)]
        run = subprocess.run(command, input=body, env=environment, capture_output=True, timeout=20, check=False)
    assert (run.returncode, run.stdout[:11], b'"access_token"' in run.stdout) == (0, b"Status: 200", True)


def test_term_answers_what_is_in_flight_and_what_waits_in_the_queue():
    with spawned(delay=500) as (child, path, new_body):
        requests = [fastcgi.request("POST", "/auth_exchange", new_body()) for _ in range(20)]
        child.send_signal(signal.SIGSTOP)
        connections = [fastcgi.connect(path) for _ in requests]
        for connection, request in zip(connections, requests, strict=True):
            connection.sendall(request)
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGCONT)
        assert [fastcgi.answer(connection).status for connection in connections] == [200] * 20
        assert child.process.wait(60) == 0


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


def test_with_descriptor_0_closed_it_listens_on_its_own_socket():
    # It is /dev/null in all other tests.
    closed = ["sh", "-c", 'exec "$@" <&-', "sh"]
    Responder(scratch_folder(), "http://127.0.0.1:1/auth/token", through=closed).stop()


@contextlib.contextmanager
def started(name):
    """A web server that starts the responder, or a program for each request, itself; and the sandbox."""
    folder = scratch_folder()
    sandbox = Sandbox(folder)
    (folder / "secret").write_text(CREDENTIALS["CLIENT_SECRET"])
    (folder / "secret").chmod(0o644)
    folder.chmod(0o755)
    starting = {"CLIENT_KEY": CREDENTIALS["CLIENT_KEY"], "CLIENT_SECRET_FILE": str(folder / "secret")}
    server = Server(name, folder / "started.sock", starting | {"AUTH_ENDPOINT": sandbox.auth_endpoint})
    yield server, sandbox
    server.stop()
    sandbox.stop()


@pytest.fixture(scope="module")
def cgi():
    with started("lighttpd-cgi") as (server, sandbox):
        server.sandbox = sandbox
        yield server


def test_three_calls_as_plain_cgi(cgi):
    tokens = cgi.post("/auth_exchange", {"code": cgi.sandbox.code()}).json["data"]
    assert cgi.post("/auth_info", {"access_token": tokens["access_token"]}).json["data"]["customer_id"] == 1
    answer = cgi.post("/auth_refresh", {"refresh_token": tokens["refresh_token"]})
    assert answer.status == 200
    assert answer.all("Cache-Control") == ["no-store"]


def test_errors_paths_and_methods_as_plain_cgi(cgi):
    for reason, body in (("invalid_json", b"{"), ("invalid_code", b'{"code":"nobody"}')):
        answer = cgi.post("/auth_exchange", body)
        assert (answer.status, answer.json["error"]["reason"]) == (400, reason)
    assert cgi.post("/auth_exchange", b'{"code":"%s"}' % (b"a" * 16_384)).status == 413
    for path, status in (("/nowhere", 404), ("/metrics", 404), ("/auth_verify", 404), ("/auth_exchange", 405)):
        assert cgi.get(path).status == status
    # Apache and others make arguments of it.
    assert cgi.get("/health/live?exchange").status == 200


def run_cgi(cgi, arguments=(), body=b"", stdin=None, **variables):
    environment = settings(cgi.sandbox.auth_endpoint, "/nonexistent/x.sock", GATEWAY_INTERFACE="CGI/1.1", **variables)
    command = [PRODUCTS / "tiniapp-auth-backend", *arguments]
    given = {"stdin": stdin} if stdin else {"input": body}
    return subprocess.run(command, **given, env=environment, capture_output=True, timeout=60, check=False)


LENGTHS = [(b"{}", length, 400) for length in ("5", "2", "x", "-1", "99999999999")]
LENGTHS += [(b" " * 200_000, "200000", 413)]
# As Apache passes a chunked body: without a length.
LENGTHS += [(b'{"code":"a"}', None, 411), (b"", None, 400)]


@pytest.mark.parametrize(("body", "length", "status"), LENGTHS, ids=[f"{row[1]} {row[2]}" for row in LENGTHS])
def test_lengths_as_plain_cgi(cgi, body, length, status):
    run = run_cgi(
        cgi, body=body, PATH_INFO="/auth_exchange", **POSTED, **({"CONTENT_LENGTH": length} if length else {})
    )
    assert (run.returncode, run.stdout.split(b" ")[:2]) == (0, [b"Status:", b"%d" % status])


@pytest.mark.parametrize("sent", [b"", b"{"])
@pytest.mark.parametrize("length", [{}, {"CONTENT_LENGTH": "12"}])
@pytest.mark.parametrize("timeout", ["ARRIVAL_TIMEOUT", "REQUEST_TIMEOUT"])
def test_a_body_that_does_not_come_as_plain_cgi(cgi, sent, length, timeout):
    reading, writing = os.pipe()
    try:
        os.write(writing, sent)
        run = run_cgi(cgi, stdin=reading, **{timeout: "0.5"}, PATH_INFO="/auth_exchange", **POSTED, **length)
    finally:
        os.close(reading)
        os.close(writing)
    # One byte is enough to see that there is no length.
    expected = b"411" if sent and not length else b"408"
    assert (run.returncode, run.stdout.split(b" ")[1]) == (0, expected)


def test_a_request_without_a_path_says_so_as_plain_cgi(cgi):
    run = run_cgi(cgi, REQUEST_METHOD="GET")
    assert run.stdout.startswith(b"Status: 500 ") and b'"reason":"missing_param"' in run.stdout


@pytest.mark.parametrize("arguments", [[], ["exchange"], ["check", "--upstream"], ["--help"]])
def test_head_as_plain_cgi_whatever_arguments_a_web_server_makes(cgi, arguments):
    run = run_cgi(cgi, arguments, REQUEST_METHOD="HEAD", PATH_INFO="/health/live")
    assert (run.returncode, run.stdout.split(b"\r\n")[0]) == (0, b"Status: 200 OK")
    assert run.stdout.partition(b"\r\n\r\n")[2] == b""


def test_wrong_settings_end_a_cgi_program_with_78(cgi):
    run = run_cgi(cgi, REQUEST_METHOD="GET", PATH_INFO="/health/live", REQUEST_TIMEOUT="never")
    assert (run.returncode, run.stdout) == (78, b"")
    assert b"REQUEST_TIMEOUT" in run.stderr


@pytest.mark.parametrize("name", ["lighttpd", "apache-start"])
def test_a_web_server_that_starts_it(name):
    with started(name) as (server, sandbox):
        for _ in range(5):
            answer = server.post("/auth_exchange", {"code": sandbox.code()})
            assert (answer.status, answer.json["data"]["customer"]["id"]) == (200, 1)
