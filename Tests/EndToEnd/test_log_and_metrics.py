"""The responder's log and metrics of requests that came through nginx. Docs/test_samples.py has a line's fields."""

import concurrent.futures
import json
import re
import sys

import pytest
from testbed import fastcgi, faults, http_client
from testbed.processes import wait_until
from testbed.servers import CLIENT_SECRET, Responder, scratch_folder
from testbed.stack import Stack
from testbed.upstream import Upstream

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def upstream():
    with Upstream() as upstream:
        yield upstream


def test_the_log_shows_the_effective_settings_without_the_secret_and_what_google_cloud_reads(upstream):
    with Stack(upstream=upstream.auth_endpoint, GOOGLE_CLOUD_PROJECT="my-project", MAX_BODY_BYTES="4321") as stack:
        fields = [f"X-Cloud-Trace-Context: {TRACE}/74;o=1"]
        answer = http_client.request(stack.port, "POST", "/auth_exchange?code=secret", fields, b'{"code":"a"}')
        log = stack.responder.log("httpRequest", "trace_sampled")
    assert CLIENT_SECRET not in log
    (start,) = [line for line in log.splitlines() if upstream.auth_endpoint in line]
    for value in ("CLIENT_SECRET", "4321", "UPSTREAM_MAX_CONNECTIONS", "REQUEST_TIMEOUT", "CONNECT_TIMEOUT"):
        assert value in start
    (line,) = [json.loads(line) for line in log.splitlines() if "httpRequest" in line]
    assert [line["request_id"]] == answer.all("X-Request-Id")
    assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{TRACE}"
    assert line["httpRequest"]["requestUrl"] == "/auth_exchange"


def test_the_log_on_a_terminal_is_readable_for_people(upstream):
    pty = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
    through = [*pty, "setpriv", "--pdeathsig", "KILL", "--"]
    responder = Responder(scratch_folder(), upstream.auth_endpoint, through=through)
    try:
        fastcgi.ask(responder.socket, fastcgi.request("POST", "/auth_exchange", b'{"code":"secret-code"}'))
        log = responder.log("POST /auth_exchange 200")
    finally:
        responder.stop()
    (line,) = [line for line in log.splitlines() if "/auth_exchange" in line]
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} +INFO +POST /auth_exchange 200", line)
    assert "{" not in line and "secret-code" not in log and CLIENT_SECRET not in log


def test_the_metrics_count_requests_shared_calls_failures_and_connections(upstream):
    with Stack(upstream=upstream.auth_endpoint, UPSTREAM_WARM_CONNECTIONS="1") as stack:
        metrics = stack.responder.metrics
        before = metrics()
        upstream.hold()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for _ in range(2):
                pool.submit(http_client.request, stack.port, "POST", "/auth_refresh", body=b'{"refresh_token":"d"}')
            wait_until(lambda: metrics()["requests_in_flight"] == 3, "both and the one that asks are there")
            upstream.release()
        for number, fault in enumerate(("success", "success", "refusal", "not_json", "reset_before_head")):
            body = b'{"code":"%s"}' % faults.credential(fault, number).encode()
            http_client.request(stack.port, "POST", "/auth_exchange", body=body)
        http_client.request(stack.port, "GET", "/nowhere")
        after = metrics()
        # After the reset it opens a warm one again.
        opened = "upstream_connections_opened_total"
        wait_until(lambda: metrics()[opened] == upstream.accepted, "each connection is counted")
    wanted = {
        'requests_total{route="exchange",status="200"}': 2,
        'requests_total{route="exchange",status="400"}': 1,
        'requests_total{route="exchange",status="502"}': 2,
        'requests_total{route="refresh",status="200"}': 2,
        'shared_requests_total{route="refresh"}': 1,
        'request_duration_seconds_count{route="exchange"}': 5,
        # A shared call counts once.
        'upstream_request_duration_seconds_count{route="refresh"}': 1,
        'request_duration_seconds_bucket{route="refresh",le="+Inf"}': 2,
        'upstream_failures_total{reason="not_json"}': 1,
        'upstream_failures_total{reason="connection_lost"}': 1,
    }
    assert {name: after[name] - before.get(name, 0) for name in wanted} == wanted
    assert after["requests_in_flight"] == 1, "the one that asks"
