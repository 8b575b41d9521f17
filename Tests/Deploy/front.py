"""nginx/front.conf in front of two machines, over TLS, with its addresses and certificates replaced."""

import collections
import contextlib
import http.client
import shutil
import socket
import ssl

from testbed import faults
from testbed.http_client import Answer
from testbed.places import read
from testbed.ports import free_port
from testbed.servers import certificate, scratch_folder, start_nginx
from testbed.upstream import Upstream

HOST = "auth.example.vn"
# A phone on four networks.
ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.1.9", "127.200.3.4"]


def machine(name, files):
    """One that answers with its name, and knows only POST."""

    async def answer(connection, arrival):
        is_post = arrival.request_line.startswith("POST ")
        await connection.send(faults.answer(*((200, name.encode()) if is_post else (501, b"Unsupported method"))))

    return Upstream(answer=answer, tls=files)


def configuration(folder, port, machines, read_timeout, listen):
    """The file as it is shipped, on loopback and with a certificate made for it, which the machines have, too."""
    text = read("nginx/front.conf")
    addresses = {f"10.0.0.1{number}:443": f"127.0.0.1:{machine.port}" for number, machine in enumerate(machines, 1)}
    places = {
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{folder}/tls.pem",
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{folder}/tls.key",
        "/etc/ssl/certs/ca-certificates.crt": f"{folder}/tls.pem",
        "/var/log/nginx/": f"{folder}/",
        "listen 443      ssl;": f"listen 127.0.0.1:{port} {listen};",
        "listen [::]:443 ssl;": "",
        "proxy_read_timeout 20s;": f"proxy_read_timeout {read_timeout};",
    }
    for old, new in (addresses | places).items():
        assert old in text, old
        text = text.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {name}_temp;\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"daemon off;\npid nginx.pid;\nevents {{}}\nhttp {{\n{temporary}{text}}}\n"


class Front:
    """nginx with front.conf before two machines; those named in `impostors` have a certificate for another host."""

    def __init__(self, started, impostors=(), read_timeout="20s", listen="ssl"):
        self.folder = scratch_folder()
        started.callback(shutil.rmtree, self.folder, ignore_errors=True)
        own = certificate(self.folder, f"DNS:{HOST}")
        # Signed by itself, so the front has to be told to trust it: only its name is wrong.
        other = certificate(scratch_folder(), "DNS:other.example.vn") if impostors else None
        files = {name: other if name in impostors else own for name in ("one", "two")}
        self.machines = [started.enter_context(machine(*each)) for each in files.items()]
        self.port = free_port()
        (self.folder / "nginx.conf").write_text(
            configuration(self.folder, self.port, self.machines, read_timeout, listen)
        )
        if other:
            with own[0].open("a") as trusted:
                trusted.write(other[0].read_text())
        self.context = ssl.create_default_context(cafile=own[0])
        child = start_nginx("front", self.folder)
        started.callback(child.stop)
        child.wait_until_ready((self.folder / "nginx.pid").exists)

    @property
    def bodies(self):
        """What arrived at each machine, and how often."""
        return [collections.Counter(arrival.body for arrival in machine.arrivals) for machine in self.machines]

    def send(self, data, address="127.0.0.1", method="POST", tls=True):
        """The answer to some bytes, sent from an address."""
        with contextlib.ExitStack() as opened:
            connection = opened.enter_context(
                socket.create_connection(("127.0.0.1", self.port), 10, source_address=(address, 0))
            )
            if tls:
                connection = opened.enter_context(self.context.wrap_socket(connection, server_hostname=HOST))
            connection.sendall(data)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())

    def post(self, body, address="127.0.0.1", chunk=None):
        """The answer to a POST; in chunks of so many bytes, if `chunk` is given."""
        head = f"POST /auth_refresh HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n".encode()
        if chunk:
            pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
            data = b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
            data += b"0\r\n\r\n"
        else:
            data = b"Content-Length: %d\r\n\r\n" % len(body) + body
        return self.send(head + data, address)


def body_of(number, size=60):
    """A body of exactly `size` bytes."""
    text = (f"token-{number}-".encode() * (size // 8 + 1))[: size - 20]
    return b'{"refresh_token":"%s"}' % text


def assert_envelope(answer, status, reason):
    assert answer.status == status, answer.text
    error = answer.json["error"]
    assert (answer.json["data"], error["code"], error["reason"]) == (None, status, reason)
    assert answer.all("Content-Type") == ["application/json"]
    assert answer.all("Cache-Control") == ["no-store"]
    assert answer.all("X-Request-Id") == [error["metadata"]["request_id"]]
