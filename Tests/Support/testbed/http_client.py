"""An HTTP/1.1 client that sends bytes, so that a request can be one that no library would send."""

import dataclasses
import http.client
import json
import socket


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: list
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def all(self, name):
        """Every value of a header field."""
        return [value for field, value in self.headers if field.lower() == name.lower()]


def send(port, data, method="GET", timeout=30.0, source="127.0.0.1"):
    """Sends bytes and reads one answer. The method decides whether an answer has a body.

    `source` is the address of loopback that the connection comes from.
    """
    with socket.create_connection(("127.0.0.1", port), timeout, (source, 0)) as connection:
        connection.sendall(data)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())


def parse(received):
    """The answer in all that a connection has received, if it had a length."""
    head, end, body = bytes(received).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    if not end or len(body) != length:
        raise ConnectionError("no answer, or not all of it")
    return Answer(int(lines[0].split()[1]), headers, body)


def request_bytes(method, path, headers=(), body=None):
    """One request on its own connection; `headers` are lines. A body is JSON unless they say otherwise."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body is not None:
        if not any(line.lower().startswith("content-type:") for line in headers):
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def request(port, method, path, headers=(), body=None, timeout=30.0, source="127.0.0.1"):
    """Sends `request_bytes` on a new connection."""
    return send(port, request_bytes(method, path, headers, body), method, timeout, source)


def is_ok(port, path, timeout=30.0):
    """Whether a GET is answered with 200."""
    try:
        return request(port, "GET", path, timeout=timeout).status == 200
    except (OSError, http.client.HTTPException):
        return False
