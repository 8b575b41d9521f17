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

PAGE = Page("docs/verify.md")
PAGE_OF_THE_APP = "https://app.example"
SITE, API, OPENED = (block.text for block in PAGE.blocks)
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
    api_port = free_port()
    api = Child(
        "the page's API",
        [sys.executable, "-B", "-c", API.replace("3000", str(api_port)).replace("HTTPServer((", f"{POST}HTTPServer((")],
        scratch_folder() / "api.log",
        ENVIRONMENT,
        signal.SIGKILL,
    )
    api.wait_until_ready(lambda: http_client.is_ok(api_port, "/"))
    added = SITE.replace("3000", str(api_port)) + OPENED.replace("10.0.0.0/8", "127.0.0.1")
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


def verify(stack, authorization, method="GET"):
    """As nginx's sub-request comes."""
    params = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    return fastcgi.ask(stack.responder.socket, fastcgi.request(method, "/auth_verify", **params), 60)


def error(answer):
    return answer.status, answer.json["error"]["reason"], answer.all("WWW-Authenticate")


CHALLENGE = 'Bearer realm="Tiki"'


def test_a_token_that_tiki_knows_has_an_owner(stack):
    answer = verify(stack, f"Bearer {new_token(stack)}")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("X-Tiki-Customer-Id") == ["1"]
    assert answer.all("X-Tiki-Scopes") == ["offline user_profile"]
    assert answer.all("Cache-Control") == ["no-store"]
    assert not answer.all("Content-Length") and not answer.all("Content-Type")


@pytest.mark.parametrize("authorization", [None, "Basic dTpw"])
def test_without_a_token_the_answer_asks_for_one(stack, authorization):
    assert error(verify(stack, authorization)) == (401, "missing_access_token", [CHALLENGE])


@pytest.mark.parametrize("authorization", ["Bearer a b", "Bearer é", f"Bearer {'a' * 20_000}"], ids=range(3))
def test_what_is_no_token_goes_no_further(stack, authorization):
    calls = stack.sandbox.call_count()
    assert error(verify(stack, authorization)) == (401, "invalid_access_token", [f'{CHALLENGE}, error="invalid_token"'])
    assert stack.sandbox.call_count() == calls


def test_a_token_that_tiki_does_not_know(stack):
    answer = verify(stack, "Bearer unknown.token")
    assert error(answer) == (401, "invalid_access_token", [f'{CHALLENGE}, error="invalid_token"'])


def test_another_method_is_refused(stack):
    answer = verify(stack, "Bearer a", "POST")
    assert (answer.status, answer.all("Allow")) == (405, ["GET, HEAD"])


def test_a_thousand_requests_with_one_token_make_one_call(stack):
    token, calls = new_token(stack), stack.sandbox.call_count()
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        statuses = set(pool.map(lambda _: verify(stack, f"Bearer {token}").status, range(1_000)))
    print(f"\n1,000 requests with one token in {time.monotonic() - started:.1f} s: ", end="")
    print(f"{stack.sandbox.call_count() - calls} call to Tiki")
    assert statuses == {204}
    assert stack.sandbox.call_count() == calls + 1


def test_a_refusal_ends_what_is_kept(stack):
    token, calls = new_token(stack), stack.sandbox.call_count()
    assert verify(stack, f"Bearer {token}").status == 204
    stack.sandbox.fault(
        path="/oauth/me", status=400, body='{"data":null,"error":{"code":400,"reason":"invalid_token"}}'
    )
    body = json.dumps({"access_token": token}).encode()
    assert http_client.request(stack.port, "POST", "/auth_info", body=body).status == 400
    assert verify(stack, f"Bearer {token}").status == 204
    assert stack.sandbox.call_count() == calls + 3


def test_a_refusal_is_not_kept(stack):
    calls = stack.sandbox.call_count()
    for _ in range(3):
        assert verify(stack, "Bearer nobody").status == 401
    assert stack.sandbox.call_count() == calls + 3


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
    answer = verify(stack, "Bearer strange")
    assert error(answer) == (503, "verification_unavailable", [])
    assert answer.all("Retry-After") == ["1"]
    assert not answer.all("X-Evil")


def test_no_token_is_in_the_log(stack):
    token = new_token(stack)
    verify(stack, f"Bearer {token}")
    verify(stack, "Bearer needle-in-the-log")
    log = stack.responder.log('"route":"verify"', '"reason":"invalid_access_token"')
    assert token not in log and "needle-in-the-log" not in log


# --- behind nginx, as the page has it ------------------------------------------------------------------------


def test_from_outside_there_is_no_such_path(stack):
    for method in ("GET", "HEAD", "POST"):
        answer = http_client.request(stack.port, method, "/auth_verify", ["Authorization: Bearer a"])
        assert answer.status == 404
        assert method == "HEAD" or answer.json["error"]["reason"] == "not_found"


def test_the_api_of_the_page(stack, site):
    answer = http_client.request(site, "GET", "/api/x", [f"Authorization: Bearer {new_token(stack)}"])
    assert (answer.status, answer.text) == (200, "Customer 1 may offline user_profile")


def test_who_claims_to_be_somebody_is_not_believed(stack, site):
    claims = [f"Authorization: Bearer {new_token(stack)}", "X-Tiki-Customer-Id: 2", "X-Tiki-Scopes: all"]
    assert http_client.request(site, "GET", "/api/x", claims).text == "Customer 1 may offline user_profile"


@pytest.mark.parametrize("fields", [[], ["Authorization: Bearer expired"]])
def test_the_api_without_a_good_token(stack, site, fields):
    """As the responder would answer, though auth_request drops its body."""
    answer = http_client.request(site, "GET", "/api/x", fields)
    own = verify(stack, fields[0].removeprefix("Authorization: ") if fields else None)
    assert error(answer) == error(own)
    assert answer.json["error"]["message"] == own.json["error"]["message"]
    assert answer.all("Content-Type") == ["application/json"]


def test_nginx_errors_before_the_api_have_the_envelope(stack, site):
    fields = [f"Authorization: Bearer {new_token(stack)}"]
    with nginx_with(stack, SITE.replace("3000", str(free_port()))) as without_api:
        down = http_client.request(without_api, "GET", "/api/x", fields)
    assert (down.status, down.json["error"]["reason"]) == (502, "backend_unavailable")


def test_a_post_with_a_body_is_let_through_to_the_api(stack, site):
    fields = [f"Authorization: Bearer {new_token(stack)}"]
    assert http_client.request(site, "POST", "/api/x", fields, b'{"a":1}').text == "7"


@pytest.mark.parametrize("size", [20_000, 900_000, 2_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_size_of_a_body_is_what_the_page_says(stack, site, size, is_chunked):
    fields, body = [f"Authorization: Bearer {new_token(stack)}"], b"a" * size
    if is_chunked:
        head = "\r\n".join(["POST /api/x HTTP/1.1", "Host: a", "Connection: close", *fields])
        head += "\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = http_client.send(site, head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (size, body))
    else:
        answer = http_client.request(site, "POST", "/api/x", fields, body)
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


def test_the_limits_of_the_site_hold_for_the_api(stack):
    with nginx_with(stack, SITE.replace("3000", str(free_port())), with_limits) as port:
        found = [http_client.request(port, "GET", "/api/x").status for _ in range(150)]
    assert_limited(found, usual=401)


def test_opened_to_other_machines(stack, site):
    answer = http_client.request(site, "GET", "/verify", [f"Authorization: Bearer {new_token(stack)}"])
    assert (answer.status, answer.all("X-Tiki-Customer-Id")) == (204, ["1"])


def test_opened_to_some_is_closed_to_others(stack):
    """The page's range, which loopback is not in."""
    with nginx_with(stack, OPENED) as port:
        answer = http_client.request(port, "GET", "/verify", [f"Authorization: Bearer {new_token(stack)}"])
    assert (answer.status, answer.json["error"]["reason"]) == (403, "forbidden")
    assert not answer.all("X-Tiki-Customer-Id")


def test_with_tiki_down_the_api_is_unavailable(site, stack):
    stack.sandbox.fault(path="/oauth/me", status=500, body="no")
    stack.sandbox.fault(path="/oauth/me", status=500, body="no")
    answer = http_client.request(site, "GET", "/api/x", ["Authorization: Bearer during.the.outage"])
    assert answer.status == 503
    assert answer.json["error"]["code"] == 503
