"""Answers whose head never ends, many at once: 502, and no memory for them."""

import concurrent.futures
import re
import shutil
import socketserver
import threading

import pytest
from testbed import fastcgi
from testbed.servers import Responder, scratch_folder

COUNT = 300
LARGEST_MB = 64
LINE = b"X-Filler: " + b"x" * 990 + b"\r\n"


class EndlessHead(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(65536)
        try:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n")
            # 2 MB, if the other side takes it.
            for _ in range(2000):
                self.request.sendall(LINE)
        except OSError:
            pass


@pytest.fixture
def endless():
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 512

    with Server(("127.0.0.1", 0), EndlessHead) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def peak_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


def test_300_endless_heads_are_cut_off_and_cost_no_memory(endless, capsys):
    folder = scratch_folder()
    responder = Responder(folder, f"http://127.0.0.1:{endless}/auth/token")
    try:

        def ask(number):
            body = b'{"code":"%d"}' % number
            return fastcgi.ask(responder.socket, fastcgi.request("POST", "/auth_exchange", body)).status

        with concurrent.futures.ThreadPoolExecutor(COUNT) as pool:
            statuses = list(pool.map(ask, range(COUNT)))
        assert set(statuses) == {502}
        peak = peak_mb(responder.child.process.pid)
        with capsys.disabled():
            print(f"\n    {COUNT} endless heads: peak {peak:.0f} MB")
        assert peak < LARGEST_MB
    finally:
        responder.stop()
        shutil.rmtree(folder, ignore_errors=True)
