"""The three calls and every error that does not depend on nginx, behind five web servers."""

import concurrent.futures
import json

import pytest
from testbed import http_client
from testbed.servers import Responder, Sandbox, scratch_folder
from web_servers import Server


class World:
    """A sandbox and a responder that all of them share."""

    def __init__(self):
        self.folder = scratch_folder()
        self.sandbox = Sandbox(self.folder)
        self.responder = Responder(self.folder, self.sandbox.auth_endpoint)

    def stop(self):
        self.responder.stop()
        self.sandbox.stop()


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.stop()


@pytest.fixture(scope="module", params=Server.names)
def server(request, world):
    server = Server(request.param, world.responder.socket)
    yield server
    server.stop()


def post(server, path, value, *fields):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return http_client.request(server.port, "POST", path, fields, body)


def exchange(world, server):
    return post(server, "/auth_exchange", {"code": world.sandbox.code()})


def error(answer):
    return answer.status, answer.json["error"]["reason"]


def test_three_calls(world, server):
    tokens = exchange(world, server).json["data"]
    assert post(server, "/auth_info", {"access_token": tokens["access_token"]}).json["data"]["customer_id"] == 1
    refreshed = post(server, "/auth_refresh", {"refresh_token": tokens["refresh_token"]}).json["data"]
    assert refreshed["access_token"] != tokens["access_token"]


def test_answers_are_not_to_be_cached(world, server):
    answer = exchange(world, server)
    assert answer.all("Cache-Control") == ["no-store"]
    assert answer.all("Content-Type") == ["application/json"]
    assert len(answer.all("X-Request-Id")) == 1


ERRORS = [
    (400, "no_payload", b"{}"),
    (400, "invalid_json", b"{'code':1}"),
    (400, "invalid_payload", b"[1]"),
    (400, "duplicate_key", b'{"code":"a","x":1,"x":2}'),
    (400, "missing_key", b'{"x":1}'),
    (400, "invalid_value", b'{"code":""}'),
    (400, "invalid_code", b'{"code":"nobody"}'),
]


@pytest.mark.parametrize(("status", "reason", "body"), ERRORS, ids=[row[1] for row in ERRORS])
def test_error(server, status, reason, body):
    assert error(post(server, "/auth_exchange", body)) == (status, reason)


def test_errors_by_header_fields(server):
    assert error(post(server, "/auth_exchange", b"code=x", "Content-Type: text/plain")) == (
        415,
        "unsupported_media_type",
    )
    gzip = post(server, "/auth_exchange", {"code": "x"}, "Content-Encoding: gzip")
    # nginx and the program refuse it, others may unpack it or drop the field.
    assert gzip.status in (400, 415)


def test_wrong_methods_and_unknown_paths(server):
    answer = http_client.request(server.port, "GET", "/auth_exchange")
    assert (answer.status, answer.all("Allow")) == (405, ["POST"])
    for path in ("/nowhere", "/auth_exchange/", "/auth_exchange/x", "/Auth_exchange", "/x/auth_exchange"):
        assert http_client.request(server.port, "GET", path).status == 404


# Whether a server normalizes a path is its own matter; what it then sends must not be another path's answer.
@pytest.mark.parametrize("path", ["//auth_exchange", "/./auth_exchange", "/x/../auth_exchange", "/%61uth_exchange"])
def test_a_path_in_disguise_is_that_path_or_none(server, path):
    found = (405,) if server.name == "nginx" else (301, 308, 400, 404, 405)
    assert http_client.request(server.port, "GET", path).status in found


def test_query_strings_are_ignored(server):
    assert http_client.request(server.port, "GET", "/health/live?code=x").status == 200


def test_internal_paths_are_not_open_to_the_world(server):
    status = http_client.request(server.port, "GET", "/metrics").status
    # nginx lets its own machine ask, and answers others with 403: Tests/API has that.
    assert status == (200 if server.name == "nginx" else 404)
    token = ["Authorization: Bearer x"]
    assert http_client.request(server.port, "GET", "/auth_verify", token).status == 404


def test_a_client_cannot_open_them(server):
    fields = ["Internal-Paths: guarded", "INTERNAL_PATHS: guarded", "X-Forwarded-For: 127.0.0.1"]
    assert http_client.request(server.port, "GET", "/metrics", fields).status in (400, 403, 404)
    for path in ("/metrics%00", "//metrics", "/x/../metrics", "/%6detrics", "/auth_verify%00"):
        answer = http_client.request(server.port, "GET", path)
        # HAProxy says 502 where we close: a param with a NUL is a malformed request.
        assert server.name == "nginx" or (answer.status in (400, 404, 502) and b"tiniapp_auth" not in answer.body)


def test_a_body_of_16_kib_and_one_that_is_larger(world, server):
    code = world.sandbox.code()
    body = json.dumps({"code": code, "padding": ""}).encode()
    body = body.replace(b'"padding": ""', b'"padding": "%s"' % (b"a" * (16_384 - len(body))))
    assert len(body) == 16_384
    assert post(server, "/auth_exchange", body).status == 200
    assert post(server, "/auth_exchange", body + b" ").status == 413


@pytest.mark.parametrize("size", [200, 16_384])
def test_a_chunked_body(world, server, size):
    body = json.dumps({"code": world.sandbox.code()}).encode().ljust(size)
    parts = [body[at : at + 1000] for at in range(0, size, 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    head = "POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    calls = world.sandbox.call_count()
    answer = http_client.send(server.port, head.encode() + chunks, "POST")
    if server.name in ("caddy", "nginx"):
        # It counts no chunked body, and the page says so; ours does not want to.
        assert error(answer) == (411, "length_required")
        assert world.sandbox.call_count() == calls
    else:
        assert answer.status == 200


def test_head(server):
    answer = http_client.request(server.port, "HEAD", "/health/live")
    assert (answer.status, answer.body) == (200, b"")


def test_an_answer_of_64_kib(world, server):
    content = json.dumps({"data": {"x": "a" * 65_000}, "error": None})
    world.sandbox.fault(path="/oauth/me", status=200, body=content)
    assert post(server, "/auth_info", {"access_token": f"long-{server.name}"}).text == content


def test_200_requests_at_16_at_once(world, server):
    codes = [world.sandbox.code() for _ in range(200)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda code: post(server, "/auth_exchange", {"code": code}).status, codes))
    assert statuses == [200] * 200
