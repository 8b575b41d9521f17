"""The effects of name servers on logins: real processes, with a resolv.conf and a name server made by the test."""

import os
import re
import socket
import subprocess
import time

import pytest
from conftest import NAME, NAME_SERVER
from load import Stream, at_once, request, statuses
from testbed.places import PRODUCTS
from testbed.processes import wait_until
from testbed.servers import settings

OUTAGE = 60
NEARBY = 0.02


def failures(responder):
    """The codes in the log's field `failure`."""
    return set(re.findall(r'"failure":"(\w+)"', responder.child.text()))


def assert_failures(responder, expected):
    """A request's line comes some moments after its answer."""
    wait_until(lambda: failures(responder) == expected, f"the log has only {expected}")


@pytest.mark.real_clock
@pytest.mark.parametrize("is_known", [True, False], ids=["name known before", "name never known"])
def test_logins_work_again_within_two_seconds_after_an_outage(outside, is_known):
    silence = {"silent": ["A", "AAAA"]}
    outside.dns(delay=NEARBY, **({} if is_known else silence))
    upstream = outside.upstream() if is_known else None
    responder = outside.responder()
    with Stream(responder, rate=100) as stream:
        time.sleep(2)
        outside.dns(**silence)
        if is_known:
            upstream.stop()
        gone = time.monotonic()
        time.sleep(OUTAGE)
        # One who gets an address in the last moment may have no time left to connect.
        codes = failures(responder)
        outside.upstream()
        outside.dns(delay=NEARBY)
        back = time.monotonic()
        time.sleep(6)
    before = [result for result in stream.results if result.sent < gone - 0.5]
    # Requests near the end may wait for the return.
    during = [result for result in stream.results if gone <= result.sent < back - 4]
    after = [result for result in stream.results if result.sent >= back + 2]
    assert statuses(before).keys() == {200 if is_known else 502}
    assert statuses(during).keys() == {502}
    assert statuses(after).keys() == {200} and len(after) > 300
    # Calls that were under way when the upstream was killed lost their connection.
    assert codes - {"connection_lost"} == {"connection_refused" if is_known else "name_lookup_timeout"}


def test_four_hundred_cold_calls_share_one_lookup(outside):
    outside.dns(delay=0.05)
    outside.upstream(delay=1)
    responder = outside.responder(UPSTREAM_WARM_CONNECTIONS="0")
    results = at_once(responder, 400)
    assert statuses(results) == {200: 400}
    assert sorted(outside.dns_queries) == [("UDP", "A", NAME), ("UDP", "AAAA", NAME)]


@pytest.mark.real_clock
@pytest.mark.parametrize("lost", [["A"], ["AAAA"], ["A", "AAAA"]], ids=" and ".join)
@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_a_lost_packet_costs_no_login(outside, is_warm, lost):
    outside.dns(delay=NEARBY, lose=[] if is_warm else list(lost))
    outside.upstream(close=True)
    responder = outside.responder()
    with Stream(responder, rate=20) as stream:
        time.sleep(1)
        if is_warm:
            # Lost when the name is asked for again, after five seconds.
            outside.dns(delay=NEARBY, lose=list(lost))
            outside.wait_for_queries(5)
            time.sleep(1)
    assert statuses(stream.results).keys() == {200}
    assert len(stream.results) > 15


@pytest.mark.real_clock
def test_a_name_that_is_never_answered_does_not_touch_another(outside):
    outside.dns(delay=NEARBY, unanswered=["info.test"])
    outside.upstream(close=True)
    responder = outside.responder(INFO_ENDPOINT=outside.endpoint("info.test"))
    with Stream(responder, rate=20, path="/auth_info") as others:
        results = at_once(responder, 800, threads=16)
        time.sleep(max(0, 4 - (time.monotonic() - results[0].sent)))
    assert statuses(results) == {200: 800}
    assert statuses(others.results).keys() == {502}
    assert_failures(responder, {"name_lookup_timeout"})


@pytest.mark.parametrize(
    ("silent", "address"), [("AAAA", "127.0.0.1"), ("A", "::1")], ids=["no answer for AAAA", "no answer for A"]
)
def test_addresses_of_one_family_are_enough(outside, silent, address):
    outside.dns(silent=[silent], names={NAME: {"A": ["127.0.0.1"], "AAAA": ["::1"]}})
    outside.upstream(close=True, address=address)
    responder = outside.responder(UPSTREAM_WARM_CONNECTIONS="0")
    results = [request(responder) for _ in range(10)]
    assert statuses(results) == {200: 10}
    assert {result.answer["data"]["address"] for result in results} == {address}


@pytest.mark.parametrize("address", ["127.0.0.54", "127.0.0.55"], ids=["nobody listens", "silent"])
def test_the_second_name_server_is_asked_if_the_first_is_dead(outside, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        # Takes the questions, and reads none of them.
        hole.bind(("127.0.0.55", 53))
        outside.name_servers(address, NAME_SERVER)
        outside.upstream()
        result = request(outside.responder())
    assert result.status == 200


FAILURES = {
    "SERVFAIL": ({"code": 2}, "name_lookup_failed", "the name servers could not answer"),
    "silence": ({"silent": ["A", "AAAA"]}, "name_lookup_timeout", "the name could not be looked up in time"),
    "no such name": ({"names": {}}, "name_not_found", f"name not found: {NAME}"),
    "no addresses": ({"names": {NAME: {}}}, "name_not_found", f"name not found: {NAME}"),
}


@pytest.mark.parametrize(("trouble", "code", "sentence"), FAILURES.values(), ids=FAILURES)
def test_a_failed_lookup_is_reported_and_the_name_is_asked_for_again(outside, trouble, code, sentence):
    outside.dns(**trouble)
    outside.upstream()
    environment = settings(outside.endpoint(), "/nowhere.sock", ALLOW_INSECURE_UPSTREAM="1")
    command = [PRODUCTS / "tiniapp-auth-backend", "check", "--upstream"]
    check = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert check.returncode != 0 and sentence in check.stdout + check.stderr
    responder = outside.responder()
    assert request(responder).status == 502
    assert_failures(responder, {code})
    outside.dns()
    assert request(responder).status == 200


@pytest.mark.real_clock
def test_a_slow_name_server_is_waited_for(outside):
    outside.dns(delay=2.5)
    outside.upstream()
    results = at_once(outside.responder(), 50)
    assert statuses(results) == {200: 50}


def test_an_answer_that_is_cut_is_fetched_over_tcp(outside):
    outside.dns(truncated=True)
    outside.upstream()
    assert request(outside.responder()).status == 200
    assert ("TCP", "A", NAME) in outside.dns_queries


def test_a_name_in_the_hosts_file_is_not_asked_for(outside):
    outside.hosts("127.0.0.1 localhost", f"127.0.0.1 {NAME}")
    # Else IPv6 would be preferred, with an address that the hosts file is there to replace.
    outside.dns(names={NAME: {"A": ["127.0.0.9"], "AAAA": ["::1"]}})
    outside.upstream()
    result = request(outside.responder())
    assert (result.status, result.answer["data"]["address"]) == (200, "127.0.0.1")
    assert outside.dns_queries == []


@pytest.mark.real_clock
def test_a_new_address_is_used_within_seconds(outside):
    outside.dns(delay=NEARBY)
    for address in ("127.0.0.1", "127.0.0.2"):
        outside.upstream(close=True, address=address)
    responder = outside.responder()
    with Stream(responder, rate=20) as stream:
        time.sleep(1)
        outside.dns(delay=NEARBY, names={NAME: {"A": ["127.0.0.2"]}})
        moved = time.monotonic()
        time.sleep(6.5)
    assert statuses(stream.results).keys() == {200}
    last = max(result.sent - moved for result in stream.results if result.answer["data"]["address"] == "127.0.0.1")
    assert last < 5.5


def test_new_name_servers_are_used_without_a_restart(outside):
    outside.name_servers("127.0.0.54")
    outside.upstream()
    responder = outside.responder()
    assert request(responder).status == 502
    assert_failures(responder, {"name_lookup_failed"})
    outside.name_servers(NAME_SERVER)
    assert request(responder).status == 200


def test_a_process_with_more_than_1024_open_files_looks_names_up(outside):
    # That is where select(2) ends. They are open from the beginning.
    outside.upstream()
    program = 'ulimit -n "$(ulimit -H -n)"; for i in {1..1100}; do exec {file}</dev/null; done; exec "$@"'
    responder = outside.responder(through=["bash", "-c", program, "bash"])
    assert len(os.listdir(f"/proc/{responder.child.process.pid}/fd")) > 1_100
    assert request(responder).status == 200


@pytest.mark.real_clock
def test_a_stop_does_not_wait_for_a_lookup(outside):
    outside.dns(silent=["A", "AAAA"])
    responder = outside.responder()
    outside.wait_for_queries(2)
    begin = time.monotonic()
    responder.send_signal(15)
    assert responder.child.process.wait(5) == 0
    assert time.monotonic() - begin < 1
