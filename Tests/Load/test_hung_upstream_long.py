"""Tiki accepts calls and does not answer: no client waits longer than documented, and nothing else suffers."""

import concurrent.futures
import http.client
import threading
import time

from conftest import health_seconds, show
from faulted import request
from testbed import http_client
from testbed.crowd import Crowd
from testbed.stack import Stack
from testbed.upstream import Upstream

CALLERS = 500
TIMEOUT = 2
# How many seconds late an answer may be, and how long 99 % of the health checks may take: half the timeout. More would
# be a wait for Tiki, less would measure the machine. The figures are printed.
TOLERANCE = 1


def probe(port, is_over):
    """Asks a hundred times a second. Returns how long each answer took."""
    connection, seconds = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    while not is_over.wait(0.01):
        seconds.append(health_seconds(connection))
    return seconds


def test_500_callers_get_504_at_their_timeout_and_health_checks_do_not_wait_for_tiki():
    settings = {"REQUEST_TIMEOUT": str(TIMEOUT), "LOG_LEVEL": "notice"}
    with (
        Upstream(is_holding=True) as upstream,
        Stack(upstream=upstream.auth_endpoint, **settings) as stack,
        Crowd(stack.port) as hung,
        Crowd(stack.port) as waiting,
        Crowd(stack.port) as after,
    ):
        is_over = threading.Event()
        probing = concurrent.futures.ThreadPoolExecutor(1).submit(probe, stack.port, is_over)

        def send(clients, name):
            for number in range(CALLERS):
                asked = request("success", number % 2, f"{name}{number}")
                clients.open(http_client.request_bytes("POST", asked.path, body=asked.body.encode()))
            return clients

        send(hung, "hung").read()
        # Again, but now the upstream recovers before the callers' timeout.
        send(waiting, "late")
        upstream.wait_for(2 * CALLERS)
        released = time.monotonic()
        upstream.release()
        waiting.read()
        recovery = time.monotonic() - released
        send(after, "after").read()
        is_over.set()
        probes = sorted(probing.result())
    late = [seconds - TIMEOUT for _, seconds in hung.answers]
    afterwards = max(seconds for _, seconds in after.answers)
    percentile = probes[len(probes) * 99 // 100]
    show(
        "hung upstream",
        f"{dict(hung.statuses)} from {min(late):.2f} to {max(late):.2f} s after the deadline; on recovery those that "
        f"waited {dict(waiting.statuses)} in {recovery:.2f} s, new {dict(after.statuses)} in {afterwards:.2f} s; "
        f"{len(probes)} × /health/live: longest {probes[-1]:.3f} s, 99 % under {percentile:.3f} s",
    )
    assert hung.statuses == {504: CALLERS}
    assert min(late) > -0.1 and max(late) < TOLERANCE
    assert waiting.statuses == {200: CALLERS}
    assert after.statuses == {200: CALLERS}
    assert max(recovery, afterwards) < 0.5 + TOLERANCE
    assert percentile < TOLERANCE and probes[-1] < TIMEOUT
    assert len(upstream.arrivals) == 3 * CALLERS, "each was sent, and once"
