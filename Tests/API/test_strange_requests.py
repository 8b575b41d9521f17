"""Requests that no app sends, but that scanners, proxies and old clients do: every answer is documented."""

import itertools

import document
import pytest
from documented import problem
from testbed import http_client

METHODS = "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND QUERY get X".split()
FIELDS = (
    (),
    ("Range: bytes=0-1",),
    ("If-Match: *",),
    ('If-None-Match: "a"',),
    ("If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT",),
    ("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",),
    ("Expect: 100-continue",),
    ("Expect: everything",),
    ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
    ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    ("Accept: text/html", "Accept-Encoding: gzip, br", "Accept-Charset: utf-16"),
    ("X-HTTP-Method-Override: DELETE", "X-Request-Id: mine", "X-Forwarded-Host: elsewhere"),
    ("X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"),
    ("Authorization: Bearer a", "Cookie: a=b; c"),
    ("Content-Encoding: gzip",),
    ("Content-Type: application/json; charset=utf-16",),
    ("Content-Length: 0",),
    ("Content-Length: 16385",),
    ("Content-Length: 99999999999999999999999",),
    ("Content-Length: -1",),
    ("Transfer-Encoding: chunked", "Content-Length: 3"),
    ("Transfer-Encoding: chunked", "Content-Length: 16385"),
    ("Transfer-Encoding: gzip", "Content-Length: 16385"),
    ("Transfer-Encoding: identity",),
    ("Transfer-Encoding: gzip, chunked",),
    ("Bad Name: a",),
    ("Under_score: a",),
    ("Empty:",),
    (f"Long: {'a' * 9_000}",),
    ("\x01: a",),
)
VERSIONS = ("HTTP/1.0", "HTTP/1.1", "HTTP/1.9", "HTTP/2.0")
QUERIES = ("", "?", "?a=b&a=%00", "?%")


def answer_to(port, method, target, version="HTTP/1.1", fields=()):
    lines = [f"{method} {target} {version}", "Host: localhost", "Connection: close", *fields, "", ""]
    return http_client.send(port, "\r\n".join(lines).encode("latin-1"), method)


@pytest.mark.parametrize("path", [*document.DOCUMENT["paths"], "/nowhere", "/auth_exchange/", "//"])
def test_strange_request(world, path):
    port = world.usual.port
    requests = [(method, path, "HTTP/1.1", fields) for method, fields in itertools.product(METHODS, FIELDS)]
    requests += [(method, path + query, "HTTP/1.1", ()) for method, query in itertools.product(METHODS, QUERIES)]
    requests += [(method, path, version, ()) for method, version in itertools.product(METHODS, VERSIONS)]
    problems = []
    for method, target, version, fields in requests:
        if found := problem(answer_to(port, method, target, version, fields), path, method):
            problems.append(f"{method} {target} {version} {[field[:40] for field in fields]}: {found}")
    assert not problems, "\n".join([f"{len(problems)} of {len(requests)} requests", *problems[:5]])
