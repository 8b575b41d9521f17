"""Connections to Tiki are opened before they are needed, and kept; and servers that do not accept or keep them."""

import http.client
import time

import pytest
from conftest import show
from faulted import ask, half_handshake, request
from testbed.ports import free_port
from testbed.processes import figures, wait_until
from testbed.servers import certificate
from testbed.stack import Stack
from testbed.upstream import Upstream


def cpu_ms(stack):
    return figures(stack.responder.child.process.pid).cpu


@pytest.mark.parametrize("door", ["close", "reset", "handshake"])
def test_a_server_that_ends_every_connection_or_handshake_is_not_tried_in_a_busy_loop(door):
    with Upstream(door=half_handshake("close") if door == "handshake" else lambda _: door) as upstream:
        endpoint = upstream.auth_endpoint
        if door == "handshake":
            endpoint = endpoint.replace("http:", "https:")
        with Stack(upstream=endpoint, UPSTREAM_WARM_CONNECTIONS="2") as stack:
            before = cpu_ms(stack)
            time.sleep(10)
            connects, cpu = upstream.accepted, cpu_ms(stack) - before
            stack.responder.child.check()
    show(f"a server that ends every connection, {door}", f"{connects} connects in 10 s, {cpu} ms of CPU")
    # Two at 0 s, then more at about 0.5, 1.5, 3.5 and 7.5 s.
    assert 4 <= connects <= 20
    assert cpu < 1000


def test_a_server_that_is_down_is_not_tried_in_a_busy_loop_and_gets_connections_when_it_is_up():
    port = free_port()
    with Stack(upstream=f"http://127.0.0.1:{port}/auth/token") as stack:
        before = cpu_ms(stack)
        time.sleep(4)
        cpu = cpu_ms(stack) - before
        lines = stack.responder.child.text().count("cannot connect to Tiki")
        with Upstream(port) as upstream:
            wait_until(lambda: upstream.accepted >= 2, "the connections that are kept ready")
    show("a server that is down", f"{cpu} ms of CPU in 4 s, {lines} line about it")
    assert cpu < 500
    assert lines == 1


def test_1000_exchanges_in_a_row_make_no_tls_handshake_not_even_the_first(tmp_path):
    tls = certificate(tmp_path, "IP:127.0.0.1")
    settings = {"UPSTREAM_CA_FILE": str(tls[0]), "LOG_LEVEL": "notice"}
    with Upstream(tls=tls) as upstream, Stack(upstream=upstream.auth_endpoint, **settings) as stack:
        metrics = stack.responder.metrics
        wait_until(lambda: metrics()['upstream_connections{state="idle"}'] == 2, "those that are kept ready")
        handshakes, outcomes = [upstream.accepted], set()
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        for number in range(1000):
            outcomes.add(ask(connection, request("success", 0, f"c{number}")).outcome)
            handshakes.append(upstream.accepted)
        opened = metrics()["upstream_connections_opened_total"]
    show(
        "TLS handshakes", f"{handshakes[0]} at the start, {handshakes[1]} after the first, {handshakes[-1]} at the end"
    )
    assert outcomes == {"200"}
    assert set(handshakes) == {2} and opened == 2
