"""Kept FastCGI connections: nginx understands a last answer, and restarts lose nothing and send nothing twice."""

import collections
import http.client
import itertools
import json
import re
import signal
import socket
import struct
import threading
import time

from testbed import fastcgi, http_client
from testbed.servers import Nginx, Responder

HELLO = b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"

# What follows the last answer on a connection: an FCGI_GET_VALUES_RESULT without values.
NOTHING_MORE = struct.pack("!BBHHBx", 1, 10, 0, 0, 0)


class FakeResponder:
    """Answers each request, and goes on reading until nginx closes. Keeps the requests of each connection."""

    def __init__(self, path, after_answer=b""):
        self.connections = []
        self._after_answer = after_answer
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append({"requests": 0, "flags": 0, "closed": False})
            threading.Thread(target=self._serve, args=(connection, self.connections[-1]), daemon=True).start()

    def _serve(self, connection, seen):
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
            while (records := split(received)) is not None:
                request, received = records
                seen["requests"] += 1
                seen["flags"] = request[0][1][2]
                connection.sendall(
                    fastcgi.record(fastcgi.STDOUT, HELLO)
                    + fastcgi.record(fastcgi.STDOUT)
                    + fastcgi.record(fastcgi.END_REQUEST, bytes(8))
                    + self._after_answer
                )
        seen["closed"] = True
        connection.close()

    def stop(self):
        self._listener.close()


def split(data):
    """The records of the first request, and the rest; None if it is not complete."""
    records, at = [], 0
    while at + 8 <= len(data):
        _, kind, _, length, padding = struct.unpack_from("!BBHHB", data, at)
        if at + 8 + length + padding > len(data):
            return None
        records.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + padding
        if kind == fastcgi.STDIN and length == 0:
            return records, data[at:]
    return None


def with_one_worker(site):
    # Each worker keeps its own.
    return re.sub(r"worker_processes +auto;", "worker_processes 1;", site)


def ask_fake(folder, after_answer, count=20):
    responder = FakeResponder(folder / "fake.sock", after_answer)
    nginx = Nginx(folder, folder / "fake.sock", change=with_one_worker)
    try:
        for _ in range(count):
            answer = http_client.request(nginx.port, "GET", "/")
            assert (answer.status, answer.body) == (200, b"hello")
        return responder.connections
    finally:
        nginx.stop()
        responder.stop()


def test_nginx_keeps_a_connection_for_the_next_request(tmp_path):
    (connection,) = ask_fake(tmp_path, b"")
    assert connection["requests"] == 20 and connection["flags"] == fastcgi.KEEP_CONNECTION


def test_nginx_closes_a_connection_after_a_last_answer(tmp_path):
    connections = ask_fake(tmp_path, NOTHING_MORE)
    assert [connection["requests"] for connection in connections] == [1] * 20


def test_restarts_at_full_speed_lose_no_request_and_send_none_twice(world):
    world.upstream()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(world.folder / "passed.sock"))
    listener.listen(4096)

    def start():
        return Responder(world.folder, world.endpoint, listener=listener, LOG_LEVEL="notice")

    numbers, statuses, over = itertools.count(), collections.Counter(), threading.Event()

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=30)
        while not over.is_set():
            body = json.dumps({"refresh_token": f"t{next(numbers)}"})
            connection.request("POST", "/auth_refresh", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1

    responder = start()
    nginx = Nginx(world.folder, listener.getsockname())
    clients = [threading.Thread(target=ask) for _ in range(16)]
    try:
        for client in clients:
            client.start()
        for _ in range(12):
            time.sleep(0.3)
            responder.send_signal(signal.SIGTERM)
            assert responder.child.process.wait(60) == 0
            responder = start()
        time.sleep(0.3)
    finally:
        over.set()
        for client in clients:
            client.join()
        nginx.stop()
        responder.stop()
        listener.close()
    print(f"\n{sum(statuses.values())} requests over 12 restarts")
    assert set(statuses) == {200}
    assert set(world.sent().values()) == {1}, "each token reached the upstream once"
    assert len(world.sent()) == sum(statuses.values())
