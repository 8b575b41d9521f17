"""Peers that send what is no request, or too much, or too slowly, or nothing: none harms the process or another peer.

Each rule is in ConnectionGateRefusalTests, ManagementQueryTests or ServerLimitsTests.
"""

import socket
import time

import pytest
from conftest import GREETING, KEYLESS
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


def test_a_question_for_eight_values_which_would_overrun_a_buffer_in_libfcgi_and_the_request_are_answered(start):
    door = start()
    found, _ = fastcgi.records(fastcgi.read(door.connect(streams("Regressions")["get-values-with-eight-names"])))
    assert (found[0].kind, found[0].request_id) == (fastcgi.GET_VALUES_RESULT, 0)
    assert found[-1].kind == fastcgi.END_REQUEST
    door.expect_unharmed()


def test_a_body_that_is_too_large_is_read_to_its_end_and_not_kept_and_the_answer_says_so(start):
    door = start()
    before = door.figures()
    answer = door.ask(fastcgi.request("POST", "/auth_exchange", b" " * 5_000_000))
    assert (answer.status, answer.json["error"]["reason"]) == (413, "payload_too_large")
    door.expect_unharmed()
    door.expect_growth_below(1024, before)


def test_a_silent_connection_does_not_hold_the_memory_of_later_requests(start):
    data = fastcgi.request("POST", "/auth_exchange", b'{"a":"%s"}' % (b"x" * 16_000))
    door = start()
    # First without a silent connection, to warm the allocator up.
    assert {door.ask(data).status for _ in range(100)} == {400}
    before = door.figures()
    silent = door.connect()
    assert {door.ask(data).status for _ in range(1500)} == {400}
    assert fastcgi.is_waiting(silent)
    # Of 24,000 KiB that went through.
    door.expect_growth_below(8192, before)


def test_a_peer_that_sends_half_of_the_body_gets_an_answer_when_its_time_is_up(start):
    door = start(ARRIVAL_TIMEOUT="1")
    begin = time.monotonic()
    peer = door.connect(KEYLESS[:-36])
    door.expect_service()
    answer = fastcgi.answer(peer)
    assert (answer.status, answer.json["error"]["reason"]) == (408, "request_timeout")
    assert time.monotonic() - begin > 0.9, "closed before its time"
    door.expect_unharmed()


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


@pytest.mark.parametrize("abruptly", [False, True])
def test_a_peer_that_hangs_up_in_the_body_is_closed_at_once(start, abruptly):
    door = start()
    peer = door.connect(KEYLESS[:-20])
    door.expect_service()
    if abruptly:
        peer.close()
    else:
        peer.shutdown(socket.SHUT_WR)
        assert fastcgi.read(peer) == b""
    door.expect_unharmed()


def test_an_answer_to_HEAD_has_the_length_of_the_answer_to_GET_and_no_content(start):
    """RFC 3875, 4.3.3."""
    door = start()
    answer = door.ask(fastcgi.request("HEAD", "/"))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.all("Content-Length") == door.ask(GREETING).all("Content-Length") != []


def test_recorded_streams_do_no_harm_and_those_of_nginx_are_answered(start):
    door = start()
    assert {door.ask(data).status for data in nginx_streams().values()} <= {200, 400, 415, 502}
    for data in [*streams("Corpus").values(), *streams("Regressions").values()]:
        peer = door.connect(data)
        peer.shutdown(socket.SHUT_WR)
        fastcgi.read(peer)
    door.expect_unharmed()
