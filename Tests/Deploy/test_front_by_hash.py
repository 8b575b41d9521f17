"""nginx/front.conf, with its addresses and certificates taken away: the same body always goes to the same machine."""

import collections
import contextlib
import http.client
import http.server
import re
import shutil
import socket
import threading

import pytest
from testbed.http_client import Answer
from testbed.places import read
from testbed.ports import free_port
from testbed.servers import scratch_folder, start_nginx

# A phone on four networks.
ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.1.9", "127.200.3.4"]


class Machine:
    """Counts the bodies that it gets, and answers with its name."""

    def __init__(self, name):
        self.bodies = collections.Counter()
        machine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                machine.bodies[self.rfile.read(int(self.headers["Content-Length"]))] += 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def configuration(port, machines):
    """The file as it is shipped, on plain HTTP and loopback."""
    text = read("nginx/front.conf").replace("https://tiniapp", "http://tiniapp")
    text = re.sub(r"^ +(ssl_|proxy_ssl_|error_log ).*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    for address, machine in zip(("10.0.0.11:443", "10.0.0.12:443"), machines, strict=True):
        assert address in text
        text = text.replace(address, f"127.0.0.1:{machine.port}")
    temporary = "".join(
        f"{name}_temp_path {name}_temp;\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    own = "daemon off;\npid nginx.pid;\nerror_log error.log;\nevents {}\n"
    return f"{own}http {{\naccess_log off;\n{temporary}{text}}}\n"


@pytest.fixture
def front():
    with contextlib.ExitStack() as started:
        folder = scratch_folder()
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        machines = [Machine("one"), Machine("two")]
        for machine in machines:
            started.callback(machine.stop)
        port = free_port()
        (folder / "nginx.conf").write_text(configuration(port, machines))
        child = start_nginx("front", folder)
        started.callback(child.stop)
        child.wait_until_ready((folder / "nginx.pid").exists)
        yield port, machines


def post(port, body, address="127.0.0.1", chunk=None):
    """The answer to a POST from an address; in chunks of so many bytes, if `chunk` is given."""
    head = b"POST /auth_refresh HTTP/1.1\r\nHost: auth.example.vn\r\nConnection: close\r\n"
    if chunk:
        pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
        data = b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
        data += b"0\r\n\r\n"
    else:
        data = b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", port), 10, source_address=(address, 0)) as connection:
        connection.sendall(head + data)
        response = http.client.HTTPResponse(connection, method="POST")
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())


def body_of(number, size=60):
    return b'{"refresh_token":"%s"}' % (f"token-{number}-".encode() * (size // 10 + 1))[:size]


@pytest.mark.parametrize("size", [60, 900, 16_000])
def test_one_token_from_four_addresses_goes_to_one_machine(front, size):
    port, machines = front
    for number in range(20):
        body = body_of(number, size)
        ways = [(address, chunk) for address in ADDRESSES for chunk in (None, 7, 4096)]
        told = {post(port, body, address, chunk).text for address, chunk in ways}
        assert len(told) == 1, f"token {number} went to both"
    # Each body arrived whole, as often as it was sent, at one of the two.
    counts = machines[0].bodies + machines[1].bodies
    assert counts == {body_of(number, size): 12 for number in range(20)}


def test_different_tokens_are_spread(front, capsys):
    port, machines = front
    for number in range(200):
        assert post(port, body_of(number)).status == 200
    shares = [sum(machine.bodies.values()) for machine in machines]
    with capsys.disabled():
        print(f"\n  200 tokens over two machines: {shares[0]} and {shares[1]}", end="")
    assert sum(shares) == 200 and min(shares) > 50


def test_nothing_moves_to_the_other_machine_when_one_is_down(front):
    port, machines = front
    before = {number: post(port, body_of(number)).text for number in range(40)}
    machines[0].stop()
    for _ in range(3):
        for number, machine in before.items():
            answer = post(port, body_of(number))
            assert answer.status == (502 if machine == "one" else 200)
    assert {before[number] for number in before} == {"one", "two"}
