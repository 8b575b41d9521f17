"""A FastCGI client, to ask the responder what nginx never would (FastCGI specification, sections 3 and 6)."""

import socket
import struct

from http_client import Answer

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER = 1


def _record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _pair(name, value):
    return struct.pack("!II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


class FastCGIRequest:
    """One request on one connection; its head and its body are sent apart."""

    def __init__(self, path, method, params=None):
        # In the form that nginx's have.
        params = {"REQUEST_METHOD": method, "DOCUMENT_URI": path, "REQUEST_ID": "0123456789abcdef" * 2} | (params or {})
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(20)
        self.params = b"".join(_pair(name.encode(), value.encode()) for name, value in params.items())

    def send_head(self, socket_path):
        self.connection.connect(str(socket_path))
        begin = _record(BEGIN_REQUEST, struct.pack("!HBxxxxx", RESPONDER, 0))
        self.connection.sendall(begin + _record(PARAMS, self.params) + _record(PARAMS))

    def send_body(self, body=b""):
        """Sends the rest, and reads the answer."""
        self.connection.sendall((_record(STDIN, body) if body else b"") + _record(STDIN))
        document = b""
        with self.connection, self.connection.makefile("rb") as stream:
            while True:
                _, kind, _, length, padding = struct.unpack("!BBHHBx", stream.read(8))
                content = stream.read(length + padding)[:length]
                if kind == STDOUT:
                    document += content
                elif kind == END_REQUEST:
                    return _answer(document)


def _answer(document):
    """A CGI response document (RFC 3875 section 6) as what nginx would make of it."""
    head, _, body = document.partition(b"\r\n\r\n")
    fields = [tuple(line.split(": ", 1)) for line in head.decode("latin-1").split("\r\n")]
    status = int(dict(fields)["Status"].split()[0])
    return Answer(status, [field for field in fields if field[0] != "Status"], body)


def request(socket_path, path, method="POST", params=None, body=b""):
    fastcgi = FastCGIRequest(path, method, params)
    fastcgi.send_head(socket_path)
    return fastcgi.send_body(body)
