"""nginx's log and the responder's name the same trace, or none of them does."""

import json

import pytest
from testbed import http_client
from testbed.processes import wait_until
from testbed.stack import Stack

TRACE = "105445aa7843bc8bf206b12000100000"
FIELDS = {
    "a trace": TRACE,
    "with a span": f"{TRACE}/74;o=1",
    "with an option only": f"{TRACE};o=0",
    "with nonsense behind": f"{TRACE}/nonsense",
    "in capitals": f"{TRACE.upper()}/1",
    "one capital": f"{TRACE[:-1]}A/1",
    "no digit": f"{TRACE[:-1]}g/1",
    "too short": f"{TRACE[1:]}/1",
    "too long": f"{TRACE}0/1",
    "zeros": f"{'0' * 32}/1",
    "nothing": "",
    "a comma": f"{TRACE},{TRACE}",
    "a quote": f'{TRACE}"/1',
    "no ASCII": f"{TRACE}\xe9",
}


@pytest.fixture(scope="module")
def stack():
    with Stack() as stack:
        yield stack


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_both_logs_name_the_same_trace(stack, field):
    answer = http_client.request(stack.port, "POST", "/auth_info", [f"X-Cloud-Trace-Context: {field}"], b"{}")
    [request_id] = answer.all("X-Request-Id")

    def traces(text):
        lines = [json.loads(line) for line in text.splitlines() if request_id in line]
        return [line.get("logging.googleapis.com/trace", "") for line in lines]

    access_log = stack.nginx.folder / "access.log"
    [front] = wait_until(lambda: traces(access_log.read_text()), "nginx logs it")
    [back] = wait_until(lambda: traces(stack.responder.log(request_id)), "the responder logs it")
    assert front == back == (TRACE if field.startswith(TRACE) and field[32:33] in ("", "/", ";") else "")
