"""What docs/operations.md shows as good is what the program says."""

import json
import re
import subprocess

from testbed import http_client
from testbed.markdown import Page
from testbed.places import PRODUCTS
from testbed.processes import wait_until
from testbed.servers import CREDENTIALS

BLOCKS = Page("docs/operations.md").blocks


def fixed(text):
    """Without what is different each time: key, host, port, durations, certificate."""
    text = re.sub(r"client key \S+", "client key KEY", text)
    return re.sub(r": \S+ port \d+, connected in \d+ ms, .*, clock skew", ": PORT, clock skew", text).splitlines()


def test_a_good_check(stack):
    [sample] = [block.text for block in BLOCKS if block.text.startswith("configuration: ok")]
    environment = CREDENTIALS | {"AUTH_ENDPOINT": stack.sandbox.auth_endpoint}
    command = [PRODUCTS / "tiniapp-auth-backend", "check", "--upstream"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)
    assert fixed(sample) == fixed(result.stdout)


def test_the_line_of_a_login(stack):
    [sample] = [json.loads(block.text) for block in BLOCKS if block.language == "json"]
    body = json.dumps({"code": stack.sandbox.code()}).encode()
    [request_id] = http_client.request(stack.port, "POST", "/auth_exchange", body=body).all("X-Request-Id")

    def line():
        return next((line for line in stack.responder.child.text().splitlines() if request_id in line), None)

    written = json.loads(wait_until(line, "the request's line"))
    assert list(written) == list(sample)
    alike = ("severity", "message", "route", "status", "upstream_status", "shared", "attempts")
    assert [written[field] for field in alike] == [sample[field] for field in alike]
