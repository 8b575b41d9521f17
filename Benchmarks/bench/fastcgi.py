"""A FastCGI client over a unix socket, just enough to ask the responder without nginx."""

import socket
import struct

_BEGIN, _END, _PARAMS, _STDIN, _STDOUT = 1, 3, 4, 5, 6


def _record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _pair(name, value):
    def length(text):
        return struct.pack("!B", len(text)) if len(text) < 128 else struct.pack("!I", len(text) | 1 << 31)

    name, value = name.encode(), value.encode()
    return length(name) + length(value) + name + value


def encode(method, path, body=b"", request_id="0" * 32):
    """The bytes of a request, with the params that nginx/routes.conf sends."""
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method,
        "DOCUMENT_URI": path,
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_ID": request_id,
        "HTTP_X_CLOUD_TRACE_CONTEXT": "",
    }
    pairs = b"".join(_pair(name, value) for name, value in params.items())
    stdin = _record(_STDIN, body) if body else b""
    return (
        _record(_BEGIN, struct.pack("!HB5x", 1, 0))
        + _record(_PARAMS, pairs)
        + _record(_PARAMS)
        + stdin
        + _record(_STDIN)
    )


def ask(path, request, timeout=30):
    """Sends it on a connection of its own and returns (status, body)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall(request)
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
    output = bytearray()
    at = 0
    while at + 8 <= len(received):
        _, kind, _, length, padding = struct.unpack_from("!BBHHB", received, at)
        if kind == _STDOUT:
            output += received[at + 8 : at + 8 + length]
        at += 8 + length + padding
    head, _, body = bytes(output).partition(b"\r\n\r\n")
    status = 200
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            status = int(value.split()[0])
    if not head:
        raise ConnectionError("no answer")
    return status, body
