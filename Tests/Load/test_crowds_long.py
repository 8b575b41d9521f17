"""Thousands of connections to the responder, with few descriptors or many."""

import http.client
import statistics
import time

from conftest import exchange, health_seconds, show
from testbed import faults
from testbed.crowd import Crowd
from testbed.processes import figures, wait_until
from testbed.servers import Responder, scratch_folder
from testbed.stack import Stack
from testbed.upstream import Upstream

REQUESTS = 4_000
PEERS = 2_000


def test_4000_requests_wait_for_an_upstream_at_once_on_few_threads_and_in_little_memory():
    # All are to be answered; how fast depends on what else the machine does.
    settings = {"REQUEST_TIMEOUT": "60", "UPSTREAM_MAX_CONNECTIONS": str(REQUESTS), "LOG_LEVEL": "notice"}
    with Upstream(is_holding=True) as upstream, Stack(upstream=upstream.auth_endpoint, **settings) as stack:
        with Crowd(stack.responder.socket) as clients:
            for number in range(REQUESTS):
                clients.open(exchange(f"code-{number}"))
            upstream.wait_for(REQUESTS)
            waiting = figures(stack.responder.child.process.pid)
            upstream.release()
            statuses = clients.read().statuses
        peak = figures(stack.responder.child.process.pid).peak
    show(
        "in flight",
        f"statuses {dict(statuses)}, {waiting.threads} threads and {waiting.descriptors} descriptors, "
        f"peak memory {peak} kB",
    )
    assert statuses == {200: REQUESTS}
    assert waiting.descriptors >= 2 * REQUESTS, "each had its connection to the upstream at the same time"
    assert waiting.threads <= 16
    assert peak < 200_000


def median_latency(port):
    connection, seconds = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    for _ in range(500):
        seconds.append(health_seconds(connection))
    connection.close()
    return statistics.median(seconds)


def test_2000_silent_connections_do_not_slow_requests_down_end_in_time_and_cost_little_memory():
    with Stack(upstream="http://127.0.0.1:9/auth/token", ARRIVAL_TIMEOUT="4") as stack:
        pid = stack.responder.child.process.pid
        median_latency(stack.port)
        # Without nginx's own connection, which it keeps for half a second.
        time.sleep(1)
        before = figures(pid)
        ratios, most = [], 0
        for _ in range(5):
            alone = median_latency(stack.port)
            with Crowd(stack.responder.socket) as silent:
                for _ in range(PEERS):
                    silent.open()
                ratios.append(median_latency(stack.port) / alone)
                among = figures(pid)
                assert among.descriptors >= PEERS, "all of them were held while requests were answered"
                assert len(silent.read()) == 0, "every silent connection is closed when its time is up"
            most = max(most, among.resident)
        # nginx's connection again.
        wait_until(lambda: figures(pid).descriptors == before.descriptors, "the descriptors are as before")
    growth = most - before.resident
    show(
        "silent peers",
        f"median latency with {PEERS} of them / without: {[round(ratio, 2) for ratio in ratios]}, memory +{growth} kB",
    )
    assert statistics.median(ratios) < 1.2
    assert growth < 20_000


def test_a_server_with_64_descriptors_answers_or_closes_500_clients_and_logs_the_shortage_once():
    message = "too many wait to become complete"

    def codes(numbers):
        return [exchange(faults.credential("delayed", f"n{number}", 0.2)) for number in numbers]

    with Upstream() as upstream:
        # Silent connections end after this time, in batches of about forty, the number of descriptors.
        few = ["prlimit", "--nofile=64"]
        responder = Responder(scratch_folder(), upstream.auth_endpoint, few, ARRIVAL_TIMEOUT="2")
        try:
            with Crowd(responder.socket) as silent, Crowd(responder.socket) as clients, Crowd(responder.socket) as late:
                for _ in range(250):
                    silent.open()
                for request in codes(range(250)):
                    clients.open(request)
                left = len(clients.read()), len(silent.read())
                late.open(*codes([250]))
                late.read()
            count = responder.log(message).count(message)
            responder.child.check()
        finally:
            responder.stop()
    show("64 descriptors", f"statuses {dict(clients.statuses)}, then {dict(late.statuses)}, {count} line")
    assert left == (0, 0), "every client of the burst is answered or its connection closed"
    assert late.statuses == {200: 1}
    assert count == 1
