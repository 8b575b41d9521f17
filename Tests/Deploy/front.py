"""nginx/front.conf in front of two machines, over TLS, with its addresses and certificates replaced."""

import collections
import contextlib
import http.client
import http.server
import shutil
import socket
import ssl
import subprocess
import threading

from testbed.http_client import Answer
from testbed.places import read
from testbed.ports import free_port
from testbed.servers import scratch_folder, start_nginx

HOST = "auth.example.vn"
# A phone on four networks.
ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.1.9", "127.200.3.4"]


def make_certificate(folder, name, host):
    """Makes folder/name.pem for a host, signed by itself, with its key in folder/name.key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    files = ["-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True, timeout=30)
    return certificate, key


class Machine:
    """Counts the bodies that it gets, and answers with its name."""

    def __init__(self, name, certificate):
        self.bodies = collections.Counter()
        self.may_answer = threading.Event()
        self.may_answer.set()
        machine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                machine.bodies[self.rfile.read(int(self.headers["Content-Length"]))] += 1
                machine.may_answer.wait(30)
                self.send_response(200)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def configuration(folder, port, machines, read_timeout, listen):
    """The file as it is shipped, on loopback and with a certificate made for it, which the machines have, too."""
    text = read("nginx/front.conf")
    addresses = {f"10.0.0.1{number}:443": f"127.0.0.1:{machine.port}" for number, machine in enumerate(machines, 1)}
    places = {
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{folder}/front.pem",
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{folder}/front.key",
        "/etc/ssl/certs/ca-certificates.crt": f"{folder}/front.pem",
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
        own = make_certificate(self.folder, "front", HOST)
        # Signed by itself, so the front has to be told to trust it: only its name is wrong.
        other = make_certificate(self.folder, "other", "other.example.vn") if impostors else None
        self.machines = [Machine(name, other if name in impostors else own) for name in ("one", "two")]
        for machine in self.machines:
            started.callback(machine.stop)
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
