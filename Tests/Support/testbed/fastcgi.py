"""A FastCGI client: asks the responder without nginx, or what nginx never would (FastCGI specification, 3 and 6)."""

import contextlib
import socket
import struct

from testbed.http_client import Answer

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER, KEEP_CONNECTION = 1, 1


def record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _length(text):
    return struct.pack("!B", len(text)) if len(text) < 128 else struct.pack("!I", len(text) | 1 << 31)


def _pair(name, value):
    name, value = name.encode(), value.encode()
    return _length(name) + _length(value) + name + value


def head(method, path, body=b"", keep_connection=False, **params):
    """The records before the body, with the params of nginx/routes.conf, or with `params` in their place."""
    pairs = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method,
        "DOCUMENT_URI": path,
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_ID": "0" * 32,
        "HTTP_X_CLOUD_TRACE_CONTEXT": "",
        "INTERNAL_PATHS": "guarded",
    } | params
    content = b"".join(_pair(name, value) for name, value in pairs.items())
    begin = record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, KEEP_CONNECTION if keep_connection else 0))
    return begin + record(PARAMS, content) + record(PARAMS)


def stdin(body=b""):
    """The records of the body."""
    return (record(STDIN, body) if body else b"") + record(STDIN)


def request(method, path, body=b"", keep_connection=False, **params):
    """The bytes of a whole request."""
    return head(method, path, body, keep_connection, **params) + stdin(body)


@contextlib.contextmanager
def connect(socket_path, timeout=30):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(socket_path))
        yield connection


def ask(socket_path, data, timeout=30):
    """Sends a request on a new connection, and returns the answer."""
    with connect(socket_path, timeout) as connection:
        connection.sendall(data)
        return answer(connection)


def answer(connection):
    """Reads to the end."""
    received = bytearray()
    # If the responder has not read everything, the connection ends with a reset, after a complete answer.
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    return parse(received)


def answer_on_kept(connection):
    """The same where the connection stays open, for answers that fit into one buffer."""
    received = bytearray()
    while len(received) < 16 or received[-15] != END_REQUEST:
        received += connection.recv(65536)
    return parse(received)


def parse(received):
    """Makes of the CGI response (RFC 3875 section 6) what nginx would."""
    output, at, kind = bytearray(), 0, None
    while at + 8 <= len(received):
        _, kind, _, length, padding = struct.unpack_from("!BBHHB", received, at)
        if kind == STDOUT:
            output += received[at + 8 : at + 8 + length]
        at += 8 + length + padding
    if kind != END_REQUEST:
        raise ConnectionError("no answer, or not all of it")
    lines, _, body = bytes(output).partition(b"\r\n\r\n")
    fields = [line.split(": ", 1) for line in lines.decode("latin-1").split("\r\n")]
    status = next((value for name, value in fields if name == "Status"), "200")
    return Answer(int(status.split()[0]), [(name, value) for name, value in fields if name != "Status"], body)
