"""Pages of other origins: preflights and answers as a browser would see them, sent by hand (Fetch standard, 3.2)."""

import itertools
import re

import pytest
from documented import problem
from testbed import http_client
from testbed.servers import Nginx, scratch_folder
from testbed.stack import Stack
from world import with_limits

LISTED = ["https://tiki.vn", "http://localhost:3000"]
CALLS = ["/auth_exchange", "/auth_refresh", "/auth_info"]
EXPOSED = "X-Request-Id, Retry-After, Age"
# Not those on the list, though near them.
UNLISTED = """
    https://evil.example null * https://tiki.vn.evil.example https://xtiki.vn https://tikixvn https://tiki.v
    http://tiki.vn https://tiki.vn:443 https://tiki.vn/ HTTPS://TIKI.VN https://user@tiki.vn http://localhost
    http://localhost:30000 https://tiki.vn\\n
""".split()
UNLISTED += ["https://tiki.vn http://localhost:3000", "https://tiki.vn, http://localhost:3000", "evil evil"]
UNLISTED += ["evil https://tiki.vn evil", "", None]


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


@pytest.mark.parametrize("origin", UNLISTED)
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
    # Nor is the place that answers preflights a path.
    assert http_client.request(stack.port, "GET", "/preflight", of_page(LISTED[0])).status == 404


def test_options_without_a_method_to_ask_for_is_no_preflight(stack):
    answer = http_client.request(stack.port, "OPTIONS", "/auth_exchange", of_page(LISTED[0]))
    assert (answer.status, answer.all("Allow")) == (405, ["POST"])
    assert_readable(answer, LISTED[0])


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
def ports(stack):
    """The stack's, and that of an nginx with limits and without a responder."""
    folder = scratch_folder()
    alone = Nginx(folder, folder / "nobody.sock", with_limits, origins=" ".join(LISTED))
    yield {"stack": stack.port, "alone": alone.port}
    alone.stop()


# Of the responder and Tiki, and of nginx. All errors of nginx come from one location.
ANSWERS = [
    ("stack", 200, "GET", "/", None),
    ("stack", 400, "POST", "/auth_exchange", b'{"code":"a"}'),
    ("stack", 400, "POST", "/auth_exchange", b"{}"),
    ("stack", 404, "GET", "/tiki-validation-code/none/auth.txt", None),
    ("stack", 404, "GET", "/nowhere", None),
    ("stack", 405, "TRACE", "/auth_exchange", None),
    ("stack", 413, "POST", "/auth_exchange", b"a" * 16_385),
    ("alone", 502, "POST", "/auth_exchange", b'{"code":"a"}'),
    ("alone", 429, "POST", "/auth_info", b"{}"),
]


@pytest.mark.parametrize(("server", "status", "method", "path", "body"), ANSWERS, ids=range(len(ANSWERS)))
def test_every_answer_can_be_read_by_a_listed_page_and_by_no_other(ports, server, status, method, path, body):
    for origin in [*LISTED, "https://evil.example", "null", None]:
        # It may take as many until one is over the limit.
        for _ in range(200):
            answer = http_client.request(ports[server], method, path, of_page(origin), body)
            if answer.status == status:
                break
        assert (answer.status, len(answer.all("X-Request-Id"))) == (status, 1)
        if origin in LISTED:
            assert_readable(answer, origin)
        else:
            assert not cors_fields(answer)
