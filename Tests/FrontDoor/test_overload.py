"""Under overload, some requests are refused at once with a readable error, and the rest is served."""

import subprocess

import pytest
from conftest import GREETING, call
from testbed import fastcgi
from testbed.processes import wait_until

FEW = ["prlimit", "--nofile=64:64"]
# Either may come first, and neither may be repeated.
REASONS = ["cannot accept connections", "too many wait to become complete"]


def test_a_quarter_of_the_descriptors_is_for_connections_that_the_web_server_keeps(start):
    """32 of them are for all else, and 8 are a quarter of the rest. An answer on more is the last."""
    door = start(through=FEW)
    request = fastcgi.request("GET", "/", keep_connection=True)

    def connect():
        peer = door.connect(request)
        found, _ = fastcgi.records(fastcgi.read(peer, fastcgi.ends_request))
        assert fastcgi.STDOUT in [record.kind for record in found]
        return peer

    def is_another_kept():
        with connect() as peer:
            return fastcgi.send(peer, request) and fastcgi.read(peer, fastcgi.ends_request)

    peers = [connect() for _ in range(12)]
    eight = [True] * 8 + [False] * 4
    wait_until(lambda: [fastcgi.is_waiting(peer) for peer in peers] == eight, "the first eight are kept")
    assert not is_another_kept()
    # Where one ends, another can be kept.
    peers.pop(0).close()
    wait_until(is_another_kept, "another is kept")
    for peer in peers:
        peer.close()
    door.expect_unharmed()


@pytest.mark.parametrize("is_lowered_later", [False, True])
def test_when_descriptors_run_out_who_sends_at_once_is_served_at_once_and_requests_in_flight_continue(
    start, upstream, is_lowered_later
):
    door = start(upstream, through=[] if is_lowered_later else FEW)
    if is_lowered_later:
        # Harder: the process has not planned for so few.
        subprocess.run([*FEW, "--pid", str(door.child.process.pid)], check=True, timeout=60)
    waiting = [door.connect(call("early"))]
    upstream.wait_for(1)
    silent = [door.connect() for _ in range(200)]
    # The queue holds more of them than the process can. The retry timer by itself would never get past them.
    waiting += [door.connect(call(f"late-{number}")) for number in range(4)]
    upstream.wait_for(5)
    assert all(fastcgi.is_waiting(peer) for peer in waiting)
    are_open = [fastcgi.is_waiting(peer) for peer in silent]
    left = sum(are_open)
    assert 1 <= left < 64 and all(are_open[-left:]), "the oldest are closed, and no more than it takes"
    upstream.release()
    assert [fastcgi.answer(peer).status for peer in waiting] == [200] * 5
    for peer in silent:
        peer.close()
    assert door.ask(GREETING).status == 200
    wait_until(lambda: any(reason in door.log() for reason in REASONS), "the log says why")
    assert max(door.log().count(reason) for reason in REASONS) == 1
