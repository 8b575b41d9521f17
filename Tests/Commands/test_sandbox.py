"""The stand-in for Tiki, and its control requests, over HTTP. That it answers as Tiki does, every other suite shows."""

import email.utils
import time

import pytest
from testbed import http_client
from testbed.servers import Sandbox, scratch_folder
from testbed.stack import Stack

API = "/tiniapp-open-api/oauth"


@pytest.fixture
def sandbox():
    sandbox = Sandbox(scratch_folder())
    yield sandbox
    sandbox.stop()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "/oauth/me", None, 404, ""),
        ("GET", f"{API}/me", None, 405, ""),
        ("GET", "/sandbox/codes", None, 405, ""),
        ("POST", f"{API}/me", b"{}", 400, '"reason":"invalid_signature"'),
        ("POST", "/sandbox/faults", b'[{"stauts":1}]', 400, "unknown member 'stauts'"),
        ("POST", "/sandbox/faults", b'[{"status":503},{"garbage":true}]', 200, '{"pending":2}'),
        ("DELETE", "/sandbox/faults", None, 200, '{"pending":0}'),
    ],
)
def test_paths_methods_and_control_requests(sandbox, method, path, body, status, text):
    answer = http_client.request(sandbox.port, method, path, body=body)
    assert (answer.status, text in answer.text) == (status, True)
    assert (answer.all("Allow") != []) == (status == 405)


def test_codes_come_one_by_one_or_many_at_once(sandbox):
    assert "." in sandbox.code()
    codes = sandbox.control("POST", "codes", {"count": 3})["codes"]
    assert len(set(codes)) == 3


def test_it_counts_the_calls_by_path_and_tells_no_code():
    with Stack() as stack:
        code = stack.sandbox.code()
        for body in (code, code + "x"):
            http_client.request(stack.port, "POST", "/auth_exchange", body=b'{"code":"%s"}' % body.encode())
        answer = http_client.request(stack.sandbox.port, "GET", "/sandbox/calls")
        assert (answer.json["count"], '"/oauth/auth/token":2' in answer.text, code in answer.text) == (2, True, False)


def test_a_clock_offset_shows_in_the_date_and_makes_our_timestamp_invalid():
    with Stack(sandbox_options=["--clock-offset", "3600"]) as stack:
        date = http_client.request(stack.sandbox.port, "GET", "/sandbox/calls").all("Date")[0]
        assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time() - 3_600) < 600
        answer = http_client.request(stack.port, "POST", "/auth_exchange", body=b'{"code":"a"}')
        assert answer.json["error"]["reason"] == "invalid_signature"
