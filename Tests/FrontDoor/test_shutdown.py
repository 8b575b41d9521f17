"""At the end of the process, requests in flight are finished, or get an error."""

import random
import signal
import time

import pytest
from conftest import GREETING, call
from testbed import fastcgi
from testbed.processes import wait_until

each_signal = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])


@each_signal
def test_a_shutdown_finishes_requests_in_flight_takes_no_new_ones_and_exits_with_0(start, upstream, number):
    door = start(upstream)
    peer = door.connect(call())
    upstream.wait_for(1)
    ready = fastcgi.request("GET", "/health/ready")
    begun = door.connect(ready[:-8])
    door.expect_service()

    door.send_signal(number)
    wait_until(lambda: not door.socket.exists(), "the end of the socket")
    with pytest.raises(OSError):
        door.connect()

    # A request whose first half had arrived is still served, and finds that the process is not ready.
    begun.sendall(ready[-8:])
    answer = fastcgi.answer(begun)
    assert answer.status == 503 and "shutting_down" in answer.text

    assert fastcgi.is_waiting(peer) and door.is_running()
    upstream.release()
    assert fastcgi.answer(peer).status == 200
    assert door.exit_code() == 0


def test_what_waits_in_the_queue_of_its_own_socket_is_answered_at_the_end(start):
    door = start()
    door.send_signal(signal.SIGSTOP)
    # More than one turn of the event loop accepts.
    peers = [door.connect(GREETING) for _ in range(300)]
    door.send_signal(signal.SIGTERM)
    door.send_signal(signal.SIGCONT)
    assert [fastcgi.answer(peer).status for peer in peers] == [200] * 300
    assert door.exit_code() == 0


def test_a_request_that_is_refused_at_the_end_of_the_grace_has_no_line_for_its_call_as_well(start, upstream):
    door = start(upstream, SHUTDOWN_GRACE="0.5")
    peer = door.connect(call())
    upstream.wait_for(1)
    assert door.exit_code(signal.SIGTERM) == 0
    assert fastcgi.answer(peer).status == 503
    assert "auth_exchange" not in door.child.text()


@each_signal
def test_a_signal_that_comes_as_soon_as_the_socket_exists_shuts_the_process_down(start, number):
    door = start(wait=False)
    wait_until(lambda: door.is_listening() or door.child.check(), "the socket", interval=0.001)
    assert door.exit_code(number) == 0
    assert not door.socket.exists()


def test_a_TERM_at_any_moment_of_the_first_30_ms_ends_the_process_60_times_out_of_60(start):
    chance = random.Random(0)
    for _ in range(60):
        door = start(wait=False)
        time.sleep(chance.uniform(0, 0.03))
        # By the signal's default action or by the shutdown. A lost signal would never end it.
        assert door.exit_code(signal.SIGTERM) in (0, -signal.SIGTERM), door.child.text()


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGUSR1])
def test_a_signal_that_libfcgi_handles_does_not_cause_a_shutdown(start, number):
    door = start()
    for _ in range(3):
        door.send_signal(number)
        door.expect_service()
    door.expect_unharmed()
