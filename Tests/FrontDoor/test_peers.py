"""Peers that send what is no request, or too much, or too slowly, or nothing: none harms the process or another peer.

Each rule is in ConnectionGateRefusalTests, ManagementQueryTests or ServerLimitsTests.
"""

import socket
import time

import pytest
from conftest import KEYLESS
from testbed import fastcgi
from testbed.places import ROOT


def streams(folder):
    """The seeds or the regressions of the fuzzer."""
    return {path.name: path.read_bytes() for path in (ROOT / "Tests/Fuzz" / folder / "gate").iterdir()}


def nginx_streams():
    found = {name: data for name, data in streams("Corpus").items() if name.startswith("nginx-")}
    assert len(found) >= 7
    return found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        # Two lengths of 2^31-1, which would fail an assertion in libfcgi.
        (streams("Corpus")["huge-lengths"], "malformed params"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "unsupported version"),
    ],
    ids=["huge lengths", "HTTP"],
)
def test_what_is_no_request_is_closed_at_once_and_the_log_says_why(start, data, reason):
    door = start()
    peer = door.connect(data)
    door.expect_service()
    assert fastcgi.read(peer) == b""
    door.log(f'"reason":"{reason}"')
    door.expect_unharmed()


def test_a_body_that_is_too_large_is_read_to_its_end_and_not_kept_and_the_answer_says_so(start):
    door = start()
    before = door.figures()
    answer = door.ask(fastcgi.request("POST", "/auth_exchange", b" " * 5_000_000))
    assert (answer.status, answer.json["error"]["reason"]) == (413, "payload_too_large")
    door.expect_unharmed()
    door.expect_growth_below(1024, before)


def test_a_peer_that_sends_byte_after_byte_gains_no_time(start):
    door = start(ARRIVAL_TIMEOUT="1")
    peer = door.connect()
    sent = 0
    # It could go on for a minute.
    while sent < 120 and fastcgi.send(peer, KEYLESS[sent : sent + 1]):
        sent += 1
        door.expect_service()
        time.sleep(0.5)
    assert sent < 120 and fastcgi.read(peer) == b""
    door.expect_unharmed()


def test_recorded_streams_do_no_harm_and_those_of_nginx_are_answered(start):
    door = start()
    assert {door.ask(data).status for data in nginx_streams().values()} <= {200, 400, 415, 502}
    for data in [*streams("Corpus").values(), *streams("Regressions").values()]:
        peer = door.connect(data)
        peer.shutdown(socket.SHUT_WR)
        fastcgi.read(peer)
    door.expect_unharmed()
