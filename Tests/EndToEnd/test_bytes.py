"""What Tiki receives of a request, and what the app receives of Tiki's answer, byte for byte."""

import time

import pytest
from testbed import faults, http_client
from testbed.servers import CLIENT_KEY, CLIENT_SECRET
from testbed.signatures import signed_with
from testbed.stack import Stack
from testbed.upstream import Upstream

EMPTY = faults.answer(200, b'{"data":null,"error":null}')
ENDPOINTS = [
    ("/auth_exchange", "code", "/oauth/auth/token"),
    ("/auth_refresh", "refresh_token", "/oauth/auth/token/refresh"),
    ("/auth_info", "access_token", "/oauth/me"),
]


@pytest.fixture(scope="module")
def upstream():
    # Its usual answer repeats the token.
    with Upstream(answer=EMPTY) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def stack(upstream):
    with Stack(upstream=upstream.auth_endpoint, REPLAY_WINDOW="0") as stack:
        yield stack


def sent(stack, upstream, path, body, *fields):
    """Posts a body, and returns the one call that Tiki got for it."""
    before = len(upstream.arrivals)
    assert http_client.request(stack.port, "POST", path, fields, body).status == 200
    (arrival,) = upstream.arrivals[before:]
    return arrival


def assert_signed(arrival):
    assert arrival.values("X-Tiniapp-Client-Id") == [CLIENT_KEY]
    (timestamp,) = arrival.values("X-Tiniapp-Timestamp")
    assert abs(int(timestamp) / 1000 - time.time()) < 60, "milliseconds"
    assert signed_with(arrival, [CLIENT_SECRET])


# White space goes and nothing else: numbers, escapes and order stay.
BODY = rb"""
    { "z": 1, "n": [1e400, 12345678901234567890, -0, 0.10, 1E+2, 1.0e-0], "co\u0064e" :	"\u00e9\u00E9 \ud83d\ude00",
      "a": 2, "10": {"b": {}, "a": [ ], "b": null}, "": [ true , false ], "t": "\/\b\f\n\r\t\"\\\u0000/" }
    """
COMPACT = (
    rb'{"z":1,"n":[1e400,12345678901234567890,-0,0.10,1E+2,1.0e-0],"co\u0064e":"\u00e9\u00E9 \ud83d\ude00",'
    rb'"a":2,"10":{"b":{},"a":[],"b":null},"":[true,false],"t":"\/\b\f\n\r\t\"\\\u0000/"}'
)


def test_tiki_receives_the_whole_object_without_insignificant_white_space(stack, upstream):
    arrival = sent(stack, upstream, "/auth_exchange", BODY)
    assert arrival.body == COMPACT
    assert arrival.values("Content-Length") == [str(len(COMPACT))]
    assert_signed(arrival)


@pytest.mark.parametrize(("path", "key", "target"), ENDPOINTS)
def test_each_call_goes_to_its_endpoint_with_nothing_of_the_client_but_its_body(stack, upstream, path, key, target):
    names = "X-Tiniapp-Client-Id X-Tiniapp-Signature Authorization Cookie Proxy User-Agent X-Forwarded-For"
    fields = [f"{name}: of-the-client" for name in names.split()]
    arrival = sent(stack, upstream, f"{path}?query=of-the-client", b'{"%s":"a.b-c_d"}' % key.encode(), *fields)
    assert arrival.request_line == f"POST /tiniapp-open-api{target} HTTP/1.1"
    assert arrival.values("Host") == [f"127.0.0.1:{upstream.port}"]
    assert arrival.values("Content-Type") == ["application/json"]
    assert not arrival.values("Transfer-Encoding")
    assert "of-the-client" not in arrival.head
    assert_signed(arrival)


def test_no_invalid_body_reaches_tiki(stack, upstream):
    before = len(upstream.arrivals)
    for body in (b"", b"{}", b"[1]", b"{", b'{"code":""}', b'{"code":"a","code":"a"}'):
        assert http_client.request(stack.port, "POST", "/auth_exchange", body=body).status == 400
    assert len(upstream.arrivals) == before


ANSWERS = [
    b'{\n  "data" : { "n":1e400,"m" :12345678901234567890 } ,\t"error":null}\r\n',
    '{"data":{"name":"\\u00e9é\\/😀","dup":1,"dup":2},"error":null}'.encode(),
    rb'{"data":{"name":"\ud800 alone"},"error":null}',
    *(b"null", b" [] ", b'"text"', b"{}"),
]


@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("body", ANSWERS, ids=range(len(ANSWERS)))
def test_tikis_status_and_body_are_passed_on_but_none_of_its_header_fields(stack, upstream, status, body):
    names = "Set-Cookie X-Request-Id Server Location Cache-Control".split()
    fields = [f"{name}: of-tiki" for name in names] + ["X-Accel-Redirect: /health/live", "Status: 200"]
    upstream.answer = faults.answer(status, body, *fields)
    answer = http_client.request(stack.port, "POST", "/auth_info", body=b'{"access_token":"a"}')
    upstream.answer = EMPTY
    assert (answer.status, answer.body) == (status, body)
    assert answer.all("Content-Length") == [str(len(body))]
    assert (answer.all("Content-Type"), answer.all("Cache-Control")) == (["application/json"], ["no-store"])
    assert (answer.all("Pragma"), len(answer.all("X-Request-Id"))) == (["no-cache"], 1)
    assert answer.all("Server") == ["nginx"], "without its version"
    assert not [field for field in answer.headers if "of-tiki" in field[1]]
