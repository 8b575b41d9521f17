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


def request(port, method, path, headers=(), body=None, timeout=30.0, source="127.0.0.1"):
    """Sends one request on a new connection; `headers` are lines. A body is JSON unless they say otherwise."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body is not None:
        if not any(line.lower().startswith("content-type:") for line in headers):
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(body)}")
    data = "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
    return send(port, data, method, timeout, source)


def is_ok(port, path, timeout=30.0):
    """Whether a GET is answered with 200."""
    try:
        return request(port, "GET", path, timeout=timeout).status == 200
    except (OSError, http.client.HTTPException):
        return False
