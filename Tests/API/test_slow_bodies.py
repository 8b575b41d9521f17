"""Bodies that come slowly, or not at all: each ends, costs little, and delays nobody else."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest
from testbed import http_client
from testbed.processes import ENVIRONMENT, figures, wait_until
from testbed.servers import Nginx, Responder, scratch_folder
from world import replaced, with_limits

HEAD = http_client.request_bytes("POST", "/auth_exchange", body=b" " * 16_384)[:-16_384]
SECONDS = 1.5


@pytest.fixture(scope="module")
def site():
    """nginx with its limits, in front of a responder that waits a short time for a body."""
    folder = scratch_folder()
    responder = Responder(folder, "http://127.0.0.1:9/auth/token", ARRIVAL_TIMEOUT=str(SECONDS))

    def change(configuration):
        one_worker = replaced(with_limits(configuration), "worker_processes     auto;", "worker_processes 1;")
        return re.sub(r"(listen 127\.0\.0\.1:\d+);", rf"\1; listen unix:{folder}/http2.sock http2;", one_worker)

    nginx = Nginx(folder, responder.socket, change)
    yield nginx
    nginx.stop()
    responder.stop()


def test_a_trickled_body_ends_as_a_whole(site):
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
        connection.sendall(HEAD)
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
    (worker,) = (pid for pid in nginx.child.pids() if pid != nginx.child.process.pid)
    return figures(worker).resident


def test_400_unfinished_bodies_cost_little_and_end(site, capsys):
    before = resident_kilobytes(site)
    with contextlib.ExitStack() as opened:
        connections = []
        for number in range(400):
            # 100 is what a client may have, and 40 what it may open at once.
            source = (f"127.0.1.{number % 20}", 0)
            connections.append(opened.enter_context(socket.create_connection(("127.0.0.1", site.port), 30, source)))
            connections[-1].sendall(HEAD + b" " * 16_000)
        peak = resident_kilobytes(site)
        assert http_client.is_ok(site.port, "/")
        assert {connection.recv(65_536)[9:12] for connection in connections} == {b"408"}
    with capsys.disabled():
        print(f"\n  {before} kB, at the peak {peak} kB, {resident_kilobytes(site)} kB after them", end="")
    assert peak - before < 400 * 40, "kB for each"
