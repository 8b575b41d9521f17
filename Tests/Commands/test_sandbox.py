"""The stand-in for Tiki over HTTP. TikiSandboxTests has its rules; that it answers as Tiki does, every suite shows."""

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


def test_it_counts_calls_without_their_codes_and_minds_the_offset_of_its_clock_and_the_path_of_a_fault():
    with Stack(sandbox_options=["--clock-offset", "3600"]) as stack:
        stack.sandbox.fault(path="/oauth/me", status=500)
        code = stack.sandbox.code()
        answer = http_client.request(stack.port, "POST", "/auth_exchange", body=b'{"code":"%s"}' % code.encode())
        assert answer.json["error"]["reason"] == "invalid_signature"
        calls = http_client.request(stack.sandbox.port, "GET", "/sandbox/calls")
        assert (calls.json["count"], '"/oauth/auth/token":1' in calls.text, code in calls.text) == (1, True, False)
