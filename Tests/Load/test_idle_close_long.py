"""The server closes a kept connection shortly before it is used again, or at that moment."""

import collections
import http.client
import time

import pytest
from conftest import show
from faulted import INVALID, Verdict, ask, request
from testbed.processes import wait_until
from testbed.stack import Stack
from testbed.upstream import Upstream

COUNT = 500


def prove(name, upstream, requests, pause, documented):
    """Sends one after the other, with a pause after each answer."""
    settings = {"UPSTREAM_WARM_CONNECTIONS": "0", "LOG_LEVEL": "notice"}
    with Stack(upstream=upstream.auth_endpoint, **settings) as stack:
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        answers = []
        for number, asked in enumerate(requests):
            answers.append(ask(connection, asked))
            pause(number)
    verdict = Verdict(answers, upstream.arrivals, {INVALID})
    outcomes = collections.Counter(answer.outcome for answer in answers)
    closed = sum(arrival.fault is None for arrival in upstream.arrivals)
    show(
        name,
        f"{len(answers)} calls: {dict(outcomes)}, on {upstream.accepted} connections; "
        f"{closed} arrived at a closed one, an exchange or refresh at most {verdict.most} times",
    )
    assert not verdict.violations
    assert verdict.most == 1
    assert set(outcomes) <= documented


@pytest.mark.parametrize("fault", ["close_when_idle", "reset_when_idle"])
def test_500_closes_before_use_make_no_call_fail(fault):
    def pause(number):
        wait_until(lambda: upstream.ended > number, "the end of the connection", interval=0.0001)
        time.sleep(0.02)

    # A reset must not overtake the answer.
    requests = [request(fault, number, f"idle{number}", 0.01) for number in range(COUNT)]
    with Upstream() as upstream:
        prove(f"closed 20 ms before use, by {fault}", upstream, requests, pause, {"200"})
        assert upstream.accepted == COUNT, "each call needed a new connection"


# A server that closes within 100 ms of an answer makes the backend wait so long before it uses a connection again.
@pytest.mark.parametrize("gap", [0.005, 0.11])
def test_500_closes_at_the_moment_of_use_cause_no_second_send(gap):
    # About when the next request reaches the upstream, which takes some hundred µs.
    pauses = [round(gap + number * 37 % 2000 / 1e6, 6) for number in range(COUNT)]
    requests = [request("close_when_idle", n % 2, f"moment{n}", pause) for n, pause in enumerate(pauses)]
    name = f"closed at the moment of use, {gap * 1000:.0f} ms after an answer"
    with Upstream() as upstream:
        prove(name, upstream, requests, lambda _: time.sleep(gap), {"200", INVALID})
