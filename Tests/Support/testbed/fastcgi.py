"""A FastCGI client: asks the responder without nginx, or what nginx never would (FastCGI specification, 3 and 6)."""

import contextlib
import select
import socket
import struct
from typing import NamedTuple

from testbed.http_client import Answer

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, GET_VALUES_RESULT = 1, 3, 4, 5, 6, 7, 10
RESPONDER, KEEP_CONNECTION = 1, 1
# The longest content of a record.
LONGEST = 65535


class Record(NamedTuple):
    version: int
    kind: int
    request_id: int
    content: bytes


def record(kind, content=b"", request_id=1):
    return struct.pack("!BBHHBx", 1, kind, request_id, len(content), 0) + content


def records(data):
    """The whole records at the beginning of some bytes, and where they end."""
    found, at = [], 0
    while at + 8 <= len(data):
        version, kind, request_id, length, padding = struct.unpack_from("!BBHHB", data, at)
        if at + 8 + length + padding > len(data):
            break
        found.append(Record(version, kind, request_id, bytes(data[at + 8 : at + 8 + length])))
        at += 8 + length + padding
    return found, at


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
    parts = (body[start : start + LONGEST] for start in range(0, len(body), LONGEST))
    return b"".join(record(STDIN, part) for part in parts) + record(STDIN)


def request(method, path, body=b"", keep_connection=False, **params):
    """The bytes of a whole request."""
    return head(method, path, body, keep_connection, **params) + stdin(body)


def connect(socket_path, timeout=60):
    """A connection; whoever calls this closes it."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(socket_path))
    connection.settimeout(timeout)
    return connection


def ask(socket_path, data, timeout=60):
    """Sends a request on a new connection, and returns the answer."""
    with connect(socket_path, timeout) as connection:
        connection.sendall(data)
        return answer(connection)


def send(connection, data):
    """Returns whether the connection took all of it: not if the responder has closed it."""
    try:
        connection.sendall(data)
        return True
    except (BrokenPipeError, ConnectionResetError):
        return False


def is_waiting(connection):
    """Whether the responder has neither sent anything more nor closed."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return not poll.poll(0)


def read(connection, is_enough=lambda received: False):
    """Reads to the end, or until it is enough.

    A reset is an end, too: it follows a complete answer if the responder has not read everything.
    """
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while not is_enough(received) and (chunk := connection.recv(65536)):
            received += chunk
    return received


def ends_request(received):
    """Whether the last of some records ends a request."""
    found, end = records(received)
    return bool(found) and end == len(received) and found[-1].kind == END_REQUEST


def answer(connection):
    """Reads to the end, and makes of the CGI response (RFC 3875 section 6) what nginx would."""
    return parse(read(connection))


def answer_on_kept(connection):
    """The same where the connection stays open."""
    return parse(read(connection, ends_request))


def parse(received, request_id=1):
    """The answer in the records of one response, which must be as the specification has them (6.2)."""
    found, end = records(received)
    output = b"".join(record.content for record in found if record.kind == STDOUT)
    lines, separator, body = output.partition(b"\r\n\r\n")
    fields = [tuple(line.split(": ", 1)) for line in lines.decode("latin-1").split("\r\n")]
    if not (
        end == len(received)
        and all((record.version, record.request_id) == (1, request_id) for record in found)
        and _is_whole([record for record in found if (record.kind, record.content) != (STDERR, b"")])
        and separator
        and all(len(field) == 2 for field in fields)
    ):
        raise ConnectionError("no answer, or not all of it, or a wrong one")
    status = int(dict(fields)["Status"].split()[0])
    return Answer(status, [field for field in fields if field[0] != "Status"], body)


def _is_whole(response):
    """Whether it is stdout with its end, and an end of the request with status 0 and FCGI_REQUEST_COMPLETE."""
    if len(response) < 3:
        return False
    *output, last, end = response
    return all(record.kind == STDOUT and record.content for record in output) and (
        (last.kind, last.content, end.kind, end.content[:5]) == (STDOUT, b"", END_REQUEST, bytes(5))
    )
