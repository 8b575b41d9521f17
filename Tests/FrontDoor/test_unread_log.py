"""A reader of its log, even one that stops reading, must never be able to stop the service."""

import itertools
import os
import signal
import time

import pytest
from conftest import LONG, call, only_long
from testbed import fastcgi
from testbed.processes import wait_until


def test_a_hundred_logins_a_second_succeed_and_TERM_ends_the_process_while_nobody_reads_the_log(start, log, upstream):
    upstream.release()
    # Full from the start, so that the first line could stop the process.
    door = start(upstream, log=log.fill())
    begin = time.monotonic()
    for number in range(3_000 if LONG else 300):
        assert door.ask(call(f"c{number}")).status == 200
        time.sleep(max(0, begin + number / 100 - time.monotonic()))
    assert door.exit_code(signal.SIGTERM) == 0


def test_when_the_log_is_read_again_it_says_how_many_lines_were_dropped_and_memory_has_not_grown(start, log):
    door = start(log=log.path)
    door.ask_often(1_000)
    before = door.figures()
    # Several times as much as the queue and the named pipe hold.
    door.ask_often(10_000)
    door.expect_growth_below(4096, before)

    log.begin()
    wait_until(lambda: "log lines were dropped" in log.text, "the report")
    door.ask_often(100)
    assert door.exit_code(signal.SIGTERM) == 0
    entries = log.entries()
    (report,) = [entry for entry in entries if entry["message"] == "log lines were dropped"]
    assert report["count"] > 5_000 and report["severity"] == "WARNING"
    assert sum(entry.get("route") == "exchange" for entry in entries) + report["count"] == 11_100
    assert entries[-1]["message"] == "stopped"
    # In order of time, except within a millisecond, where the four senders' lines may be in any order.
    times = [entry["time"] for entry in entries]
    assert sum(early > late for early, late in itertools.pairwise(times)) < len(entries) / 100


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_second_signal_ends_the_process_at_once_although_nobody_reads_the_log(start, log, upstream, number):
    door = start(upstream, log=log.fill())
    peer = door.connect(call())
    upstream.wait_for(1)
    door.begin_shutdown()
    assert door.exit_code(number) == 128 + number
    assert fastcgi.read(peer) == b""


@pytest.mark.parametrize(
    ("wrong", "code"), [({"REQUEST_TIMEOUT": "never"}, 78), ({"LISTEN_SOCKET": "/nowhere/fcgi.sock"}, 1)]
)
def test_a_wrong_setting_or_an_unusable_socket_path_ends_the_process_although_nobody_reads_the_log(
    start, log, wrong, code
):
    assert start(log=log.fill(), wait=False, **wrong).exit_code() == code


# The reader must come back within the half second that the end waits.
@only_long
@pytest.mark.parametrize(("second", "last", "code"), [(None, "stopped", 0), (signal.SIGINT, "shutting down", 130)])
def test_the_last_lines_are_in_the_log_if_its_reader_comes_back_in_time(start, log, upstream, second, last, code):
    door = start(upstream, log=log.fill())
    door.connect(call())
    upstream.wait_for(1)
    door.begin_shutdown()
    door.send_signal(second) if second else upstream.release()
    time.sleep(0.1)
    log.begin()
    assert last in [entry["message"] for entry in log.entries()]
    assert door.exit_code() == code


def test_a_reader_of_the_log_that_goes_away_does_no_harm(start, log):
    door = start(log=log.path)
    door.ask_often(4)
    os.dup2(os.open(os.devnull, os.O_RDONLY), log.reader)
    door.ask_often(400)
    assert door.exit_code(signal.SIGTERM) == 0


def test_a_closed_standard_error_does_no_harm_and_no_socket_gets_its_number(start, log):
    door = start(log=log.path, through=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    door.ask_often(400)
    targets = [os.readlink(f"/proc/{door.child.process.pid}/fd/{number}") for number in range(3)]
    assert targets == ["/dev/null"] * 3
    assert door.exit_code(signal.SIGTERM) == 0
