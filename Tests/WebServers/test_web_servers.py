"""The three calls, errors of each kind, and what must not be sent twice, behind five web servers."""

import concurrent.futures
import json
import signal
import time

import pytest
from testbed import http_client
from testbed.processes import wait_until
from testbed.servers import Responder, Sandbox, scratch_folder
from web_servers import Server

EXCHANGE = "/oauth/auth/token"


class Front(Server):
    """A web server whose socket path leads to one responder after another."""

    def __init__(self, name, sandbox):
        self.sandbox, self._root = sandbox, scratch_folder()
        self._root.chmod(0o755)
        self._responders, self._used = {}, None
        self.use()
        super().__init__(name, self._root / "web.sock")

    def use(self, number=0, **settings):
        """Lets a responder with these settings answer from now on; another number is another process."""
        key = (number, *sorted(settings.items()))
        if key not in self._responders:
            folder = self._root / str(len(self._responders))
            folder.mkdir(mode=0o755)
            self._responders[key] = Responder(folder, self.sandbox.auth_endpoint, **settings)
            # For Apache's workers.
            self._responders[key].socket.chmod(0o666)
        if self._used not in (None, key) and self.name == "nginx":
            # It keeps connections for half a second after their last request (nginx/kept-connections.conf).
            time.sleep(1)
        self._used = key
        following = self._root / "next.sock"
        following.symlink_to(self._responders[key].socket)
        following.rename(self._root / "web.sock")
        return self._responders[key]

    def exchange(self):
        return self.post("/auth_exchange", {"code": self.sandbox.code()})

    def exchange_and_then(self, act):
        """The answer to a call that Tiki does not answer, and what the function returns while it is under way."""
        self.sandbox.fault(path=EXCHANGE, no_answer=True)
        calls = self.sandbox.call_count()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(self.exchange)
            wait_until(lambda: self.sandbox.call_count() == calls + 1, "a call is under way")
            found = act()
            answer = first.result()
        assert self.sandbox.call_count() == calls + 1, "sent again"
        return answer, found

    def stop(self):
        super().stop()
        for responder in self._responders.values():
            responder.stop()


@pytest.fixture(scope="module")
def sandbox():
    sandbox = Sandbox(scratch_folder())
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module", params=Server.names)
def front(request, sandbox):
    front = Front(request.param, sandbox)
    yield front
    front.stop()


@pytest.fixture
def server(front):
    front.use()
    return front


def error(answer):
    return answer.status, answer.json["error"]["reason"]


def test_three_calls(server):
    answer = server.exchange()
    assert answer.all("Cache-Control") == ["no-store"]
    assert answer.all("Content-Type") == ["application/json"]
    assert len(answer.all("X-Request-Id")) == 1
    tokens = answer.json["data"]
    assert server.post("/auth_info", {"access_token": tokens["access_token"]}).json["data"]["customer_id"] == 1
    refreshed = server.post("/auth_refresh", {"refresh_token": tokens["refresh_token"]}).json["data"]
    assert refreshed["access_token"] != tokens["access_token"]


@pytest.mark.parametrize(
    ("expected", "body", "fields", "fault"),
    [
        ((400, "invalid_json"), b"{'code':1}", [], None),
        ((400, "invalid_code"), b'{"code":"nobody"}', [], None),
        ((415, "unsupported_media_type"), b"code=x", ["Content-Type: text/plain"], None),
        ((429, "too_many_requests"), b'{"code":"429"}', [], {"status": 429, "body": "no"}),
        ((502, "upstream_invalid_response"), b'{"code":"502"}', [], {"garbage": True}),
        ((503, "upstream_unavailable"), b'{"code":"503"}', [], {"status": 503, "body": "no"}),
    ],
)
def test_errors_are_passed_on(server, expected, body, fields, fault):
    if fault:
        server.sandbox.fault(path=EXCHANGE, **fault)
    body = body.replace(b'"}', b'-%s"}' % server.name.encode())
    assert error(server.post("/auth_exchange", body, *fields)) == expected


def test_paths_and_methods(server):
    assert (server.get("/health/live?code=x").status, server.get("/auth_exchange").all("Allow")) == (200, ["POST"])
    head = server.get("/health/live", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for path in ("/nowhere", "/auth_exchange/", "/auth_exchange/x", "/Auth_exchange", "/x/auth_exchange"):
        assert server.get(path).status == 404
    # Whether a server normalizes a path is its own matter; what it then sends must not be another path's answer.
    for path in ("//auth_exchange", "/./auth_exchange", "/x/../auth_exchange", "/%61uth_exchange"):
        assert server.get(path).status in ((405,) if server.name == "nginx" else (301, 308, 400, 404, 405))


def test_internal_paths_are_not_open_to_the_world(server):
    # nginx lets its own machine ask, and answers others with 403: Tests/API has that.
    assert server.get("/metrics").status == (200 if server.name == "nginx" else 404)
    assert server.get("/auth_verify", "Authorization: Bearer x").status == 404
    fields = ["Internal-Paths: guarded", "INTERNAL_PATHS: guarded", "X-Forwarded-For: 127.0.0.1"]
    assert server.get("/metrics", *fields).status in (400, 403, 404)
    for path in ("/metrics%00", "//metrics", "/x/../metrics", "/%6detrics", "/auth_verify%00"):
        answer = server.get(path)
        # HAProxy says 502 where we close: a param with a NUL is a malformed request.
        assert server.name == "nginx" or (answer.status in (400, 404, 502) and b"tiniapp_auth" not in answer.body)


@pytest.mark.parametrize("size", [200, 16_384])
def test_a_chunked_body(server, size):
    body = json.dumps({"code": server.sandbox.code()}).encode().ljust(size)
    parts = [body[at : at + 1000] for at in range(0, size, 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    head = "POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    calls = server.sandbox.call_count()
    answer = http_client.send(server.port, head.encode() + chunks, "POST")
    if server.name in ("caddy", "nginx"):
        # It counts no chunked body, and the page says so; ours does not want to.
        assert error(answer) == (411, "length_required")
        assert server.sandbox.call_count() == calls
    else:
        assert answer.status == 200


@pytest.mark.parametrize("size", [16_384, 16_385, 81_921, 20_000_000])
def test_a_body_may_have_16_kib(server, size):
    body = b'{"code":"%s","padding":"' % server.sandbox.code().encode()
    try:
        answer = server.post("/auth_exchange", body.ljust(size - 2, b"a") + b'"}')
    except ConnectionError:
        # Those that refuse by the announced length close while more comes.
        assert size > 16_384 and server.name != "apache"
        return
    assert answer.status == (200 if size == 16_384 else 413)
    # The others have pages of their own.
    assert answer.status == 200 or server.name not in ("apache", "nginx") or error(answer)[1] == "payload_too_large"


def test_an_answer_of_64_kib(server):
    content = json.dumps({"data": {"x": "a" * 65_000}, "error": None})
    server.sandbox.fault(path="/oauth/me", status=200, body=content)
    assert server.post("/auth_info", {"access_token": f"long-{server.name}"}).text == content


def test_200_requests_at_16_at_once(server):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert [answer.status for answer in pool.map(lambda _: server.exchange(), range(200))] == [200] * 200


def test_one_more_than_may_be_in_flight_is_refused_and_what_tiki_does_not_answer_is_not_sent_again(front):
    front.use(MAX_IN_FLIGHT="1", REQUEST_TIMEOUT="2")
    answer, other = front.exchange_and_then(front.exchange)
    assert (error(other), other.all("Retry-After")) == ((503, "overloaded"), ["1"])
    assert error(answer) == (504, "upstream_timeout")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_responder_is_not_asked_again_although_another_one_would_answer(front, number):
    first = front.use(number=int(number), SHUTDOWN_GRACE="0.3", LATE_ANSWER_TIMEOUT="0")

    def stop():
        front.use()
        first.send_signal(number)

    answer, _ = front.exchange_and_then(stop)
    if number == signal.SIGTERM:
        assert error(answer) == (503, "shutting_down")
        assert first.child.process.wait(60) == 0
    else:
        assert answer.status in (500, 502, 503)
    assert front.exchange().status == 200


def test_a_web_server_recovers_with_its_responder(front):
    front.use(number=-1).stop()
    assert front.get("/health/live").status in (500, 502, 503)
    front.use()
    # lighttpd looks once a second.
    wait_until(lambda: front.get("/health/live").status == 200, "it answers again")
