"""GET /auth_verify: whose an access token is, for nginx's auth_request before an API of one's own."""

import concurrent.futures
import contextlib
import json
import re
import signal
import sys
import time

import pytest
from test_client_limits import assert_limited
from testbed import fastcgi, http_client
from testbed.markdown import Page
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import Nginx, scratch_folder
from testbed.stack import Stack
from world import with_limits

PAGE_OF_THE_APP = "https://app.example"
SITE, API, OPENED = (block.text for block in Page("docs/verify.md").blocks)
# What the page's API has not, for requests with a body.
POST = """
def do_POST(self):
    body = str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode()
    self.send_response(200)
    self.send_header("Content-Length", str(len(body)))
    self.end_headers()
    self.wfile.write(body)
API.do_POST = do_POST
"""


@pytest.fixture(scope="module")
def stack():
    with Stack(VERIFY_WINDOW="30") as stack:
        yield stack


@pytest.fixture(scope="module")
def site(stack):
    """The page's API behind the page's configuration. Returns nginx's port."""
    port = free_port()
    program = API.replace("3000", str(port)).replace("HTTPServer((", f"{POST}HTTPServer((")
    command = [sys.executable, "-B", "-c", program]
    api = Child("the page's API", command, scratch_folder() / "api.log", ENVIRONMENT, signal.SIGKILL)
    api.wait_until_ready(lambda: http_client.is_ok(port, "/"))
    added = SITE.replace("3000", str(port)) + OPENED.replace("10.0.0.0/8", "127.0.0.1")
    with nginx_with(stack, added, origins=PAGE_OF_THE_APP) as port:
        yield port
    api.stop()


@contextlib.contextmanager
def nginx_with(stack, added, change=lambda text: text, **options):
    """Yields the port of an nginx whose site has these locations too."""

    def with_locations(text):
        routes = re.search(r'include "[^"]*/routes\.conf";', text)[0]
        return change(text.replace(routes, f"{routes}\n{added}"))

    nginx = Nginx(scratch_folder(), stack.responder.socket, with_locations, **options)
    try:
        yield nginx.port
    finally:
        nginx.stop()


def new_token(stack):
    body = json.dumps({"code": stack.sandbox.code()}).encode()
    return http_client.request(stack.port, "POST", "/auth_exchange", body=body).json["data"]["access_token"]


def bearer(stack):
    """A header field with a good token."""
    return f"Authorization: Bearer {new_token(stack)}"


def verify(stack, authorization):
    """As nginx's sub-request comes."""
    request = fastcgi.request("GET", "/auth_verify", HTTP_AUTHORIZATION=authorization)
    return fastcgi.ask(stack.responder.socket, request)


def error(answer):
    return answer.status, answer.json["error"]["reason"], answer.all("WWW-Authenticate")


CHALLENGE = 'Bearer realm="Tiki"'
MISSING = 401, "missing_access_token", [CHALLENGE]
INVALID = 401, "invalid_access_token", [f'{CHALLENGE}, error="invalid_token"']


def test_a_token_that_tiki_knows_has_an_owner(stack):
    answer = verify(stack, f"Bearer {new_token(stack)}")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("X-Tiki-Customer-Id") == ["1"]
    assert answer.all("X-Tiki-Scopes") == ["offline user_profile"]
    assert answer.all("Cache-Control") == ["no-store"]
    assert not answer.all("Content-Length") and not answer.all("Content-Type")


@pytest.mark.parametrize(
    ("authorization", "expected", "calls"),
    [
        ("", MISSING, 0),
        ("Basic dTpw", MISSING, 0),
        ("Bearer a b", INVALID, 0),
        (f"Bearer {'a' * 20_000}", INVALID, 0),
        # A refusal is not kept.
        ("Bearer unknown.needle-in-the-log", INVALID, 3),
    ],
    ids=range(5),
)
def test_a_bad_token_or_none_is_401_and_goes_no_further_than_it_must(stack, authorization, expected, calls):
    before = stack.sandbox.call_count()
    assert [error(verify(stack, authorization)) for _ in range(3)] == [expected] * 3
    assert stack.sandbox.call_count() == before + calls
    log = stack.responder.log('"route":"verify"', f'"reason":"{expected[1]}"')
    assert "needle-in-the-log" not in log


def test_a_thousand_requests_with_one_token_make_one_call_until_tiki_refuses_it(stack):
    token, calls = new_token(stack), stack.sandbox.call_count()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert set(pool.map(lambda _: verify(stack, f"Bearer {token}").status, range(1_000))) == {204}
    assert stack.sandbox.call_count() == calls + 1
    refusal = '{"data":null,"error":{"code":400,"reason":"invalid_token"}}'
    stack.sandbox.fault(path="/oauth/me", status=400, body=refusal)
    body = json.dumps({"access_token": token}).encode()
    assert http_client.request(stack.port, "POST", "/auth_info", body=body).status == 400
    assert verify(stack, f"Bearer {token}").status == 204
    assert stack.sandbox.call_count() == calls + 3
    assert token not in stack.responder.child.text()


def test_without_a_window_tiki_is_asked_each_time(stack):
    with Stack(sandbox=stack.sandbox, VERIFY_WINDOW="0") as other:
        token, calls = new_token(stack), stack.sandbox.call_count()
        assert [verify(other, f"Bearer {token}").status for _ in range(3)] == [204] * 3
        assert stack.sandbox.call_count() == calls + 3


def test_the_window_begins_when_tiki_is_asked_and_ends():
    """Not when it answers: it may have refused the token since."""
    with Stack(sandbox_options=["--delay", "1000"], VERIFY_WINDOW="1.5") as stack:
        token, calls = new_token(stack), stack.sandbox.call_count()
        assert verify(stack, f"Bearer {token}").status == 204
        time.sleep(0.7)
        assert verify(stack, f"Bearer {token}").status == 204
        assert stack.sandbox.call_count() == calls + 2


def test_an_answer_that_does_not_fit_into_a_header_is_no_owner(stack):
    body = '{"data":{"customer_id":"1\\r\\nX-Evil: 1","scopes":[]},"error":null}'
    stack.sandbox.fault(path="/oauth/me", status=200, body=body)
    assert error(verify(stack, "Bearer strange")) == (503, "verification_unavailable", [])


# --- behind nginx, as the page has it ------------------------------------------------------------------------


def test_the_api_of_the_page_gets_whose_the_token_is_whoever_else_the_client_claims_to_be(stack, site):
    claims = [bearer(stack), "X-Tiki-Customer-Id: 2", "X-Tiki-Scopes: all"]
    answer = http_client.request(site, "GET", "/api/x", claims)
    assert (answer.status, answer.text) == (200, "Customer 1 may offline user_profile")


@pytest.mark.parametrize(("fields", "expected"), [([], MISSING), (["Authorization: Bearer expired"], INVALID)])
def test_the_api_without_a_good_token(stack, site, fields, expected):
    """As the responder would answer, though auth_request drops its body."""
    answer = http_client.request(site, "GET", "/api/x", fields)
    own = verify(stack, fields[0].removeprefix("Authorization: ") if fields else "")
    assert error(answer) == error(own) == expected
    assert answer.json["error"]["message"] == own.json["error"]["message"]
    assert answer.all("Content-Type") == ["application/json"]


def test_nginx_errors_before_the_api_have_the_envelope(stack):
    with nginx_with(stack, SITE.replace("3000", str(free_port()))) as port:
        down = http_client.request(port, "GET", "/api/x", [bearer(stack)])
    assert (down.status, down.json["error"]["reason"]) == (502, "backend_unavailable")


def test_the_limits_of_the_site_hold_for_the_api(stack):
    with nginx_with(stack, SITE.replace("3000", str(free_port())), with_limits) as port:
        assert_limited([http_client.request(port, "GET", "/api/x").status for _ in range(150)], usual=401)


@pytest.mark.parametrize("size", [900_000, 2_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_size_of_a_body_is_what_the_page_says(stack, site, size, is_chunked):
    body = b"a" * size
    if is_chunked:
        head = f"POST /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{bearer(stack)}\r\n"
        chunk = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (size, body)
        answer = http_client.send(site, head.encode() + chunk)
    else:
        answer = http_client.request(site, "POST", "/api/x", [bearer(stack)], body)
    if size <= 1_048_576:
        assert (answer.status, answer.text) == (200, str(size))
    else:
        assert (answer.status, answer.json["error"]["reason"]) == (413, "payload_too_large")


def test_a_web_page_of_a_listed_origin_may_ask_whether_it_may_call_the_api(site):
    def ask(path, origin):
        asks = [f"Origin: {origin}", "Access-Control-Request-Method: PUT"]
        return http_client.request(site, "OPTIONS", path, asks)

    answer = ask("/api/x", PAGE_OF_THE_APP)
    assert (answer.status, answer.all("Access-Control-Allow-Origin")) == (204, [PAGE_OF_THE_APP])
    assert "PUT" in answer.all("Access-Control-Allow-Methods")[0]
    assert "Authorization" in answer.all("Access-Control-Allow-Headers")[0]
    assert ask("/api/x", "https://elsewhere.example").status == 401
    # The other paths of the site are as before.
    assert ask("/auth_info", PAGE_OF_THE_APP).all("Access-Control-Allow-Methods") == ["POST"]
    assert ask("/nowhere", PAGE_OF_THE_APP).status == 404


def test_opened_to_some_it_is_closed_to_others(stack, site):
    def ask(port):
        answer = http_client.request(port, "GET", "/verify", [bearer(stack)])
        return answer.status, answer.all("X-Tiki-Customer-Id")

    assert ask(site) == (204, ["1"])
    # The page's range, which loopback is not in.
    with nginx_with(stack, OPENED) as port:
        assert ask(port) == (403, [])


def test_with_tiki_down_the_api_is_unavailable(site, stack):
    for _ in range(2):
        stack.sandbox.fault(path="/oauth/me", status=500, body="no")
    answer = http_client.request(site, "GET", "/api/x", ["Authorization: Bearer during.the.outage"])
    assert (answer.status, answer.json["error"]["code"]) == (503, 503)
