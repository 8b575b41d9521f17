"""However Tiki's server or the network fails, nothing is sent twice, and the app gets only documented errors."""

import contextlib
import socket
import time

import pytest
from conftest import LONG, show
from faulted import INVALID, UNREACHABLE, Verdict, ask_all, half_handshake, mix
from testbed import faults
from testbed.ports import free_port
from testbed.servers import certificate
from testbed.stack import Stack
from testbed.upstream import Upstream


def prove(name, upstream, endpoint, unseen, count, slow=0, **settings):
    clients = 64 if LONG else 24
    requests = mix(count, slow, "".join(filter(str.isalpha, name)))
    if not LONG:
        # One a client at most, and so much time that a slow machine answers all others in it.
        requests.sort(key=lambda request: request.fault not in faults.SLOW)
    settings |= {"REQUEST_TIMEOUT": "3" if LONG else "10", "CONNECT_TIMEOUT": "1", "LOG_LEVEL": "notice"}
    with Stack(upstream=endpoint, **settings) as stack:
        started = time.monotonic()
        answers = ask_all(stack.port, requests, clients)
        seconds = time.monotonic() - started
        stack.responder.child.check()
    verdict = Verdict(answers, upstream.arrivals if upstream else [], unseen)
    show(
        f"faults, {name}",
        f"{len(answers)} calls, an exchange or refresh arrived {verdict.most} times at most, "
        f"{len(verdict.violations)} undocumented, {seconds:.1f} s",
    )
    assert len(answers) == count
    assert not verdict.violations, "\n".join(verdict.violations[:20])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_faults_give_documented_answers_and_repeat_no_exchange_or_refresh(scheme, tmp_path):
    count, slow = ({"http": 5_800, "https": 3_000}[scheme], 300) if LONG else (240, 9)
    settings, tls = {}, None
    if scheme == "https":
        tls = certificate(tmp_path, "IP:127.0.0.1")
        settings["UPSTREAM_CA_FILE"] = str(tls[0])
    # Some connections end before any request.
    with Upstream(door=lambda number: {3: "reset", 11: "close"}.get(number % 16, "open"), tls=tls) as upstream:
        prove(scheme, upstream, upstream.auth_endpoint, {INVALID, UNREACHABLE}, count, slow, **settings)
        assert len({arrival.fault for arrival in upstream.arrivals}) > 25, "all kinds of faults were met"


@pytest.mark.parametrize("ending", ["reset", "close", "silent"])
def test_half_a_handshake_gets_502_upstream_unreachable(ending):
    count = {"silent": 100}.get(ending, 200) if LONG else 12
    with Upstream(door=half_handshake(ending)) as upstream:
        endpoint = upstream.auth_endpoint.replace("http:", "https:")
        prove(f"half a handshake, then {ending}", upstream, endpoint, {UNREACHABLE}, count)
        assert upstream.accepted


@pytest.mark.parametrize("how", ["refused", "stalled"])
def test_without_a_connection_calls_get_502_upstream_unreachable(how):
    count = {"refused": 600, "stalled": 100}[how] if LONG else {"refused": 30, "stalled": 12}[how]
    with contextlib.ExitStack() as held:
        port = free_port()
        if how == "stalled":
            # Its queue is full, and the kernel drops what comes.
            listener = held.enter_context(socket.create_server(("127.0.0.1", port), backlog=0))
            for _ in range(4):
                queued = held.enter_context(socket.socket())
                queued.setblocking(False)
                queued.connect_ex(listener.getsockname())
        prove(how, None, f"http://127.0.0.1:{port}/auth/token", {UNREACHABLE}, count)
