"""The rows of docs/errors.md that neither nginx nor the request's text decide, behind each web server."""

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


class Front:
    """A web server whose socket path leads to one responder after another."""

    def __init__(self, name, sandbox):
        self.name, self.sandbox = name, sandbox
        self.folder = scratch_folder()
        self.folder.chmod(0o755)
        self._socket = self.folder / "web.sock"
        self._responders = {}
        self.use()
        self.server = Server(name, self._socket)

    def use(self, upstream=None, number=0, **settings):
        """Lets a responder with these settings answer from now on; another number is another process."""
        key = (upstream, number, *sorted(settings.items()))
        if key not in self._responders:
            folder = self.folder / str(len(self._responders))
            folder.mkdir(mode=0o755)
            responder = Responder(folder, upstream or self.sandbox.auth_endpoint, **settings)
            # For Apache's workers.
            responder.socket.chmod(0o666)
            self._responders[key] = responder
        following = self.folder / "next.sock"
        following.symlink_to(self._responders[key].socket)
        following.rename(self._socket)
        if self.name == "nginx":
            # It keeps connections for half a second after their last request (nginx/kept-connections.conf).
            time.sleep(1)
        return self._responders[key]

    def exchange(self):
        body = json.dumps({"code": self.sandbox.code()}).encode()
        return http_client.request(self.server.port, "POST", "/auth_exchange", (), body)

    def status(self, path="/health/live"):
        return http_client.request(self.server.port, "GET", path).status

    def stop(self):
        self.server.stop()
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


def error(answer):
    return answer.status, answer.json["error"]["reason"], answer.all("Retry-After")


# The settings, what the sandbox does, and what the app gets.
ROWS = [
    ({}, {"status": 429, "body": "no"}, (429, "too_many_requests")),
    ({}, {"status": 503, "body": "no"}, (503, "upstream_unavailable")),
    ({}, {"garbage": True}, (502, "upstream_invalid_response")),
    ({"upstream": "http://127.0.0.1:9/auth/token"}, None, (502, "upstream_unreachable")),
    (
        {"SHARED_STORE": "redis+unix:///nonexistent/redis.sock", "SHARED_STORE_REQUIRED": "1"},
        None,
        (503, "store_unavailable"),
    ),
    # The body has more: the program's own limit.
    ({"MAX_BODY_BYTES": "20"}, None, (413, "payload_too_large")),
]


@pytest.mark.parametrize(("settings", "fault", "expected"), ROWS, ids=[row[2][1] for row in ROWS])
def test_error(front, settings, fault, expected):
    front.use(**settings)
    if fault:
        front.sandbox.fault(path=EXCHANGE, **fault)
    assert error(front.exchange())[:2] == expected


def test_tiki_does_not_answer_and_is_not_asked_again(front):
    front.use(REQUEST_TIMEOUT="1")
    front.sandbox.fault(path=EXCHANGE, no_answer=True)
    calls = front.sandbox.call_count()
    assert error(front.exchange())[:2] == (504, "upstream_timeout")
    assert front.sandbox.call_count() == calls + 1


def test_too_many_in_flight(front):
    front.use(MAX_IN_FLIGHT="1", REQUEST_TIMEOUT="2")
    front.sandbox.fault(path=EXCHANGE, no_answer=True)
    calls = front.sandbox.call_count()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(front.exchange)
        wait_until(lambda: front.sandbox.call_count() == calls + 1, "a call is under way")
        assert error(front.exchange()) == (503, "overloaded", ["1"])
        assert first.result().status == 504


@pytest.mark.parametrize("size", [16_385, 81_921, 1_000_000, 20_000_000])
def test_a_body_over_the_limit_of_any_size(front, size):
    front.use()
    try:
        answer = http_client.request(front.server.port, "POST", "/auth_exchange", body=b" " * size)
    except ConnectionError:
        # Those that refuse by the announced length close while more comes.
        assert front.name != "apache"
        return
    assert answer.status == 413
    # The others have pages of their own.
    if front.name in ("apache", "nginx"):
        assert error(answer)[:2] == (413, "payload_too_large")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_responder_is_not_asked_again_although_another_one_would_answer(front, number):
    first = front.use(number=int(number), SHUTDOWN_GRACE="0.3", LATE_ANSWER_TIMEOUT="0")
    front.sandbox.fault(path=EXCHANGE, no_answer=True)
    calls = front.sandbox.call_count()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(front.exchange)
        wait_until(lambda: front.sandbox.call_count() == calls + 1, "a call is under way")
        front.use()
        first.send_signal(number)
        answer = waiting.result()
    if number == signal.SIGTERM:
        assert error(answer)[:2] == (503, "shutting_down")
    else:
        assert answer.status in (500, 502, 503)
    assert front.sandbox.call_count() == calls + 1
    assert front.exchange().status == 200


def test_a_web_server_recovers_with_its_responder(front):
    front.use(number=-1).stop()
    assert front.status() in (500, 502, 503)
    front.use()
    # lighttpd looks once a second.
    wait_until(lambda: front.status() == 200, "it answers again")
