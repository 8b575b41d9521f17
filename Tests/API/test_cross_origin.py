"""Pages of other origins: preflights and answers as a browser would see them, sent by hand (Fetch standard, 3.2)."""

import itertools
import re
import socket

import pytest
from documented import problem
from testbed import http_client
from testbed.servers import Nginx, scratch_folder
from testbed.stack import Stack
from world import replaced, with_limits

LISTED = ["https://tiki.vn", "http://localhost:3000"]
CALLS = ["/auth_exchange", "/auth_refresh", "/auth_info"]
EXPOSED = "X-Request-Id, Retry-After, Age"
# Not those on the list, though near them.
UNLISTED = [
    "https://evil.example",
    "null",
    "*",
    "https://tiki.vn.evil.example",
    "https://xtiki.vn",
    "https://tikixvn",
    "https://tiki.v",
    "http://tiki.vn",
    "https://tiki.vn:443",
    "https://tiki.vn:8443",
    "https://tiki.vn/",
    "HTTPS://TIKI.VN",
    "https://user@tiki.vn",
    "http://localhost",
    "http://localhost:30000",
    "https://tiki.vn http://localhost:3000",
    "https://tiki.vn, http://localhost:3000",
    "evil evil",
    "evil https://tiki.vn evil",
    "https://tiki.vn\\n",
    "",
]


@pytest.fixture(scope="module")
def stack(world):
    with Stack(sandbox=world.usual.sandbox, ALLOWED_ORIGINS=",".join(LISTED)) as stack:
        yield stack


def of_page(origin):
    return [] if origin is None else [f"Origin: {origin}"]


def preflight(port, path, origin, *more, method="POST"):
    asks = [f"Access-Control-Request-Method: {method}", "Access-Control-Request-Headers: content-type", *more]
    return http_client.request(port, "OPTIONS", path, [*of_page(origin), *asks])


def cors_fields(answer):
    return [
        (name, value) for name, value in answer.headers if name.lower().startswith("access-control-") or name == "Vary"
    ]


def assert_readable(answer, origin):
    """By a page of that origin, with the three fields, and by no other page."""
    assert answer.all("Access-Control-Allow-Origin") == [origin]
    assert answer.all("Access-Control-Expose-Headers") == [EXPOSED]
    assert answer.all("Vary") == ["Origin"]
    assert not answer.all("Access-Control-Allow-Credentials")


# --- preflights --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "origin"), list(itertools.product(CALLS, LISTED)))
def test_preflight_of_a_listed_origin_is_204(stack, path, origin):
    answer = preflight(stack.port, path, origin)
    assert (answer.status, answer.body) == (204, b"")
    assert not problem(answer, path, "OPTIONS")
    assert cors_fields(answer) == [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", EXPOSED),
        ("Access-Control-Allow-Methods", "POST"),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Access-Control-Max-Age", "7200"),
        ("Vary", "Origin"),
    ]
    assert answer.all("Cache-Control") == ["no-store"]
    assert re.fullmatch("[0-9a-f]{32}", *answer.all("X-Request-Id"))


@pytest.mark.parametrize("origin", [*UNLISTED, None])
def test_preflight_of_another_origin_or_none_gets_what_it_always_got(world, stack, origin):
    for path in CALLS:
        answer, before = (preflight(port, path, origin) for port in (stack.port, world.usual.port))
        assert answer.status == before.status == 405
        assert [name for name, _ in answer.headers] == [name for name, _ in before.headers]
        assert not cors_fields(answer)


@pytest.mark.parametrize(
    "path", ["/", "/health/live", "/nowhere", "/preflight", "/auth_exchange/", "/auth_exchange%20x"]
)
def test_preflight_of_another_path_is_no_preflight(stack, path):
    answer = preflight(stack.port, path, LISTED[0])
    assert answer.status in (404, 405)
    assert_readable(answer, LISTED[0])


def test_options_without_a_method_to_ask_for_is_no_preflight(stack):
    answer = http_client.request(stack.port, "OPTIONS", "/auth_exchange", of_page(LISTED[0]))
    assert (answer.status, answer.all("Allow")) == (405, ["POST"])
    assert_readable(answer, LISTED[0])


def test_the_place_that_answers_preflights_is_no_path(stack):
    for method, origin in itertools.product(("GET", "POST", "OPTIONS"), (LISTED[0], None)):
        assert http_client.request(stack.port, method, "/preflight", of_page(origin)).status == 404


def test_preflights_count_for_the_limits_but_not_for_those_of_the_calls(world):
    nginx = Nginx(scratch_folder(), world.usual.responder.socket, with_limits, origins=LISTED[0])
    try:
        found = [preflight(nginx.port, "/auth_exchange", LISTED[0]) for _ in range(150)]
        assert {answer.status for answer in found} == {204, 429}
        refused = next(answer for answer in found if answer.status == 429)
        assert refused.json["error"]["reason"] == "too_many_requests" and refused.all("Retry-After") == ["1"]
        assert_readable(refused, LISTED[0])
        assert http_client.request(nginx.port, "POST", "/auth_exchange", of_page(LISTED[0]), b"{}").status == 400
    finally:
        nginx.stop()


# --- answers -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken():
    """nginx without a responder, with one that says nothing, and with limits; by name, their ports."""
    folders = [scratch_folder() for _ in range(2)]
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(folders[1] / "silent.sock"))
    silent.listen(64)

    def impatient(site):
        # The routes are included: a copy of theirs has another time.
        routes = re.search(r'include "(.*routes\.conf)";', site)[1]
        with open(routes, encoding="utf-8") as file:
            text = file.read()
        text = replaced(text, "fastcgi_read_timeout    15s;", "fastcgi_read_timeout 1s;")
        (folders[1] / "routes.conf").write_text(text)
        return site.replace(routes, str(folders[1] / "routes.conf"))

    servers = [
        Nginx(folders[0], folders[0] / "nobody.sock", with_limits, origins=" ".join(LISTED)),
        Nginx(folders[1], folders[1] / "silent.sock", impatient, origins=" ".join(LISTED)),
    ]
    yield {"limited": servers[0].port, "silent": servers[1].port}
    for server in servers:
        server.stop()
    silent.close()


def until_limited(port, origin):
    for _ in range(200):
        answer = http_client.request(port, "POST", "/auth_info", of_page(origin), b"{}")
        if answer.status == 429:
            return answer
    raise AssertionError("never limited")


def plain(method, path, *headers, body=None):
    return lambda port, origin: http_client.request(port, method, path, [*of_page(origin), *headers], body)


CODE = b'{"code":"a"}'
# By status and who answers: the server to ask, and how.
ANSWERS = {
    "200 responder": ("stack", plain("GET", "/")),
    "400 Tiki": ("stack", plain("POST", "/auth_exchange", body=CODE)),
    "400 responder": ("stack", plain("POST", "/auth_exchange", body=b"{}")),
    "405 responder": ("stack", plain("GET", "/auth_exchange")),
    "415 responder": ("stack", plain("POST", "/auth_exchange", "Content-Type: text/plain", body=CODE)),
    "404 responder": ("stack", plain("GET", "/tiki-validation-code/none/auth.txt")),
    "404 nginx": ("stack", plain("GET", "/nowhere")),
    "405 nginx": ("stack", plain("TRACE", "/auth_exchange")),
    "413 nginx": ("stack", plain("POST", "/auth_exchange", body=b"a" * 16_385)),
    "431 nginx": ("stack", plain("GET", "/", f"Long: {'a' * 40_000}")),
    "501 nginx": ("stack", plain("POST", "/", "Transfer-Encoding: gzip")),
    "429 nginx": ("limited", until_limited),
    "502 nginx": ("limited", plain("POST", "/auth_exchange", body=CODE)),
    "504 nginx": ("silent", plain("POST", "/auth_exchange", body=CODE)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_can_be_read_by_a_listed_page_and_by_no_other(stack, broken, name):
    server, ask = ANSWERS[name]
    port = stack.port if server == "stack" else broken[server]
    for origin in LISTED:
        answer = ask(port, origin)
        assert answer.status == int(name.split()[0])
        assert_readable(answer, origin)
        assert len(answer.all("X-Request-Id")) == 1
    for origin in ("https://evil.example", "null", None):
        answer = ask(port, origin)
        assert answer.status == int(name.split()[0])
        assert not cors_fields(answer)


def test_without_a_list_nothing_of_it_is_there(world):
    for origin in (LISTED[0], "null", None):
        for answer in (
            preflight(world.usual.port, "/auth_exchange", origin),
            http_client.request(world.usual.port, "POST", "/auth_exchange", of_page(origin), CODE),
            http_client.request(world.usual.port, "GET", "/nowhere", of_page(origin)),
        ):
            assert answer.status in (400, 404, 405) and not cors_fields(answer)
