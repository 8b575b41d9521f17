"""The stand-in for Tiki over HTTP. TikiSandboxTests has its rules; that it answers as Tiki does, every suite shows."""

import pytest
from testbed import http_client
from testbed.servers import Sandbox, scratch_folder

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
