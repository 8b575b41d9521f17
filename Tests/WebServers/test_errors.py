"""The rows of docs/errors.md that neither nginx nor the request's text decide, behind each web server."""

import concurrent.futures
import json
import signal
import time

import pytest
from testbed import http_client
from testbed.ports import free_port
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

    def exchange(self, code=None, padding=""):
        body = json.dumps({"code": code or self.sandbox.code(), "padding": padding}).encode()
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


@pytest.mark.parametrize(("status", "reason"), [(429, "too_many_requests"), (503, "upstream_unavailable")])
def test_tikis_refusals_keep_their_status(front, status, reason):
    front.use()
    front.sandbox.fault(path=EXCHANGE, status=status, body="no")
    assert error(front.exchange())[:2] == (status, reason)


def test_tiki_is_not_there(front):
    front.use(f"http://127.0.0.1:{free_port()}/auth/token")
    assert error(front.exchange("a"))[:2] == (502, "upstream_unreachable")


def test_tikis_answer_is_nonsense(front):
    front.use()
    front.sandbox.fault(path=EXCHANGE, garbage=True)
    assert error(front.exchange())[:2] == (502, "upstream_invalid_response")


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


def test_the_required_store_is_missing(front):
    front.use(SHARED_STORE="redis+unix:///nonexistent/redis.sock", SHARED_STORE_REQUIRED="1")
    assert error(front.exchange())[:2] == (503, "store_unavailable")


def test_a_body_over_the_programs_own_limit(front):
    front.use(MAX_BODY_BYTES="100")
    assert error(front.exchange("a", "x" * 100))[:2] == (413, "payload_too_large")


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


def test_a_chunked_body_of_many_chunks(front):
    front.use()
    body = json.dumps({"code": front.sandbox.code(), "padding": "x" * 12_000}).encode()
    pieces = [body[at : at + 1_000] for at in range(0, len(body), 1_000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    head = "POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    calls = front.sandbox.call_count()
    answer = http_client.send(front.server.port, head.encode() + chunks, "POST")
    if front.name in ("caddy", "nginx"):
        assert error(answer)[:2] == (411, "length_required")
        assert front.sandbox.call_count() == calls
    else:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/metrics%00", "//metrics", "/x/../metrics", "/%6detrics", "/auth_verify%00"])
def test_internal_paths_in_disguise_stay_closed(front, path):
    front.use()
    answer = http_client.request(front.server.port, "GET", path)
    # HAProxy says 502 where we close: a param with a NUL is a malformed request.
    assert front.name == "nginx" or answer.status in (400, 404, 502)
    assert front.name == "nginx" or b"tiniapp_auth" not in answer.body
