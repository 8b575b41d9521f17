"""Bodies that come slowly, or not at all: each ends, costs little, and delays nobody else."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest
from testbed import http_client
from testbed.processes import ENVIRONMENT, wait_until
from testbed.servers import Nginx, Responder, Sandbox, scratch_folder
from world import replaced, with_limits

HEAD = "POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LENGTH = f"{HEAD}Content-Length: 16384\r\n\r\n".encode()
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
SECONDS = 1.5


@pytest.fixture(scope="module")
def site():
    """nginx with its limits, in front of a responder that waits a short time for a body."""
    folder = scratch_folder()
    sandbox = Sandbox(folder)
    responder = Responder(folder, sandbox.auth_endpoint, ARRIVAL_TIMEOUT=str(SECONDS))

    def change(configuration):
        one_worker = replaced(with_limits(configuration), "worker_processes     auto;", "worker_processes 1;")
        return re.sub(r"(listen 127\.0\.0\.1:\d+);", rf"\1; listen unix:{folder}/http2.sock http2;", one_worker)

    nginx = Nginx(folder, responder.socket, change)
    yield nginx
    nginx.stop()
    responder.stop()
    sandbox.stop()


def answer_on(connection):
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received


def test_a_trickled_body_ends_as_a_whole(site):
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
        connection.sendall(LENGTH)
        connection.settimeout(0.1)
        received = b""
        # A byte now and then gains no time.
        while not received:
            connection.sendall(b" ")
            try:
                received = connection.recv(65_536)
            except TimeoutError:
                assert time.monotonic() - started < 120, "it does not end"
            assert http_client.is_ok(site.port, "/")
    assert received.startswith(b"HTTP/1.1 408 ") and b'"reason":"request_timeout"' in received
    assert time.monotonic() - started > SECONDS - 0.1


def test_a_chunked_body_is_not_waited_for(site):
    with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
        connection.sendall(CHUNKED + b"1\r\n{\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize(
    ("source", "length", "status"),
    [
        ("printf '{}'; sleep 60", "Content-Length: 100", 408),
        ("printf '{}'; sleep 60", "X: no length", 408),
        ("printf '{}'", "X: no length", 411),
        ("printf '{}'", "Content-Length: 2", 400),
    ],
)
def test_the_same_over_http_2(site, source, length, status):
    curl = f"""
        curl -sS --http2-prior-knowledge --unix-socket {site.folder}/http2.sock -X POST -T . \\
            -H 'Content-Type: application/json' -H '{length}' -o /dev/null http://localhost/auth_exchange
    """

    def logged():
        lines = (site.folder / "access.log").read_text().splitlines()
        return [line for line in lines if '"remote_addr":"127.' not in line]

    known = len(logged())
    # This curl does not look at an answer while it waits for more to send, so the log is asked.
    sender = subprocess.Popen(["bash", "-c", f"({source}) | {curl}"], env=ENVIRONMENT, start_new_session=True)
    try:
        (line,) = wait_until(lambda: logged()[known:], "it is logged")
    finally:
        os.killpg(sender.pid, signal.SIGKILL)
        sender.wait()
    assert json.loads(line)["status"] == status


def resident_kilobytes(nginx):
    """Of its worker."""
    children = pathlib.Path(f"/proc/{nginx.child.process.pid}/task/{nginx.child.process.pid}/children").read_text()
    (worker,) = children.split()
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{worker}/status").read_text())[1])


@pytest.mark.parametrize(
    ("head", "part"), [(LENGTH, b" " * 16_000), (CHUNKED, b"1\r\n \r\n" * 16_000)], ids=["length", "chunked"]
)
def test_400_unfinished_bodies_cost_little_and_end(site, head, part, capsys):
    before = resident_kilobytes(site)
    started = time.monotonic()
    connections = []
    for number in range(400):
        # 100 is what a client may have, and 40 what it may open at once.
        source = f"127.0.1.{number % 20}"
        connection = socket.create_connection(("127.0.0.1", site.port), 30, (source, 0))
        connection.sendall(head)
        try:
            connection.sendall(part)
        except ConnectionError:
            assert head is CHUNKED
        connections.append(connection)
    peak = resident_kilobytes(site)
    assert http_client.is_ok(site.port, "/")
    statuses = set()
    for connection in connections:
        try:
            statuses.add(connection.recv(65_536)[9:12])
        except ConnectionError:
            # It is closed while there is more to read.
            assert head is CHUNKED
        connection.close()
    seconds = time.monotonic() - started
    with capsys.disabled():
        after = resident_kilobytes(site)
        print(f"\n  {before} kB, at the peak {peak} kB, {after} kB after {seconds:.1f} s: {sorted(statuses)}", end="")
    assert statuses == ({b"408"} if head is LENGTH else {b"411"})
    assert peak - before < 400 * 40, "kB for each"
