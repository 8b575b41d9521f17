"""Phones that lose an answer and ask again."""

import concurrent.futures
import itertools
import os
import re
import time

import pytest
from conftest import ask, ask_and_leave
from testbed import fastcgi
from testbed.processes import wait_until
from tokens import is_late


def together(action, items, at_once=32):
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(action, items))


def age(answer):
    """The value of the field, if there is one."""
    return next(iter(answer.all("Age")), None)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_who_lost_the_answer_gets_it_when_asking_again(world, tls):
    """Half of it exchanges and half refreshes; 5 % of the answers come after the request's time."""
    count = 1000 if os.environ.get("LONG_TESTS") else 200
    share, delay = 0.05, 3
    world.upstream(late=(share, delay), tls=tls)
    # A slow machine's answers may be late by much more.
    late = {"LATE_ANSWER_TIMEOUT": "100", "REPLAY_WINDOW": "110"}
    responder = world.responder(REQUEST_TIMEOUT="2", CONNECT_TIMEOUT="1.9", **late)
    calls = [(("exchange", "refresh")[number % 2], f"token-{number}") for number in range(count)]
    together(lambda call: ask_and_leave(responder, *call), calls)

    def until_answered(call):
        """As the app does: the same again, after 504, and after what says that nothing was sent."""
        for asked in itertools.count(1):
            answer = ask(responder, *call)
            # What is in doubt is 504 at once, for the rest of the window.
            if answer.status == 200 or time.monotonic() - started > 600:
                return answer, asked
            assert answer.json["error"]["reason"] in ("upstream_timeout", "upstream_unreachable", "overloaded")

    started = time.monotonic()
    answers = together(until_answered, calls)
    assert {answer.status for answer, _ in answers} == {200}
    for (answer, _), (_, token) in zip(answers, calls, strict=True):
        assert answer.json["data"]["access_token"] == f"access-of-{token}"
    sent = world.sent()
    assert sent == {token: 1 for _, token in calls}
    late = sum(is_late(token, share) for _, token in calls)
    assert late > count / 50
    print(
        f"\n{count} lost answers, {late} of them late: {count} logins, {sum(asked for _, asked in answers)} questions "
        f"in {time.monotonic() - started:.1f} s, each token sent once"
    )


def test_while_the_outcome_is_not_known_nothing_is_sent(world):
    world.upstream()
    responder = world.responder(REPLAY_WINDOW="300")
    answers = [ask(responder, "refresh", "reset-1") for _ in range(4)]
    assert {(answer.status, answer.json["error"]["reason"]) for answer in answers} == {
        (502, "upstream_invalid_response")
    }
    assert world.sent()["reset-1"] == 1


@pytest.mark.parametrize("at_once", [1, 12])
def test_the_token_makes_the_call_not_the_json_around_it(world, at_once):
    world.upstream(late=(1, 0.3))
    responder = world.responder()
    bodies = [rb'{"refresh_token":"x"}', rb'{"refresh_token":"\u0078"}', rb'{"x":1,"refresh_token":"x"}'] * 4
    answers = together(lambda body: ask(responder, "refresh", "x", body), bodies, at_once)
    assert {answer.body for answer in answers} == {answers[0].body}
    assert [answer.status for answer in answers] == [200] * 12
    assert world.sent() == {"x": 1}
    ages = [age(answer) for answer in answers]
    assert ages.count(None) == (1 if at_once == 1 else 12)


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "store"])
def test_a_late_copy_gets_its_answer_again_though_the_next_token_was_used(world, shared):
    world.upstream()
    responder = world.responder(**({"SHARED_STORE": world.store().url} if shared else {}))
    first, *_, copy = [ask(responder, "refresh", token) for token in ("a", "a", "a+", "a")]
    assert (copy.status, copy.body) == (200, first.body)
    assert world.sent() == {"a": 1, "a+": 1}


def test_made_up_codes_displace_no_login(world):
    count = 20_000 if os.environ.get("LONG_TESTS") else 600
    settings = {} if os.environ.get("LONG_TESTS") else {"REPLAY_MAX_ENTRIES": "300"}
    world.upstream()
    responder = world.responder(REPLAY_WINDOW="300", **settings)
    ask_and_leave(responder, "exchange", "login")
    wait_until(lambda: world.sent()["login"] == 1, "Tiki has the code")
    statuses = together(
        lambda number: ask(responder, "exchange", f"say 400 invalid_code {number}").status, range(count)
    )
    assert set(statuses) == {400}
    assert ask(responder, "exchange", "login").status == 200
    assert world.sent()["login"] == 1


def test_the_true_answer_after_a_gateways_504_reaches_nobody_else(world):
    world.upstream()
    responder = world.responder()
    for number in range(20):
        assert ask(responder, "refresh", f"lost {number}").status == 504
        assert ask(responder, "refresh", f"next-{number}").json["data"]["access_token"] == f"access-of-next-{number}"


def test_without_a_window_every_request_is_sent(world):
    world.upstream()
    responder = world.responder(REPLAY_WINDOW="0")
    for _ in range(3):
        answer = ask(responder, "exchange", "a")
        assert (answer.status, age(answer)) == (200, None)
    assert world.sent() == {"a": 3}


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status.read(), re.MULTILINE)[1]) / 1024


def metric(responder, name):
    text = fastcgi.ask(responder.socket, fastcgi.request("GET", "/metrics")).text
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])


def test_what_is_kept_is_bounded(world):
    """More entries than there may be: none is refused, the oldest go."""
    world.upstream()
    count = 100_000 if os.environ.get("LONG_TESTS") else 1_500
    bound = 20_000 if os.environ.get("LONG_TESTS") else 500
    responder = world.responder(REPLAY_WINDOW="300", REPLAY_MAX_ENTRIES=str(bound))
    together(lambda number: ask(responder, "exchange", f"warm-{number}"), range(200))
    before = resident(responder.child.process.pid)
    statuses = together(lambda number: ask(responder, "exchange", f"t-{number}").status, range(count))
    assert set(statuses) == {200}
    assert metric(responder, "tiniapp_auth_kept_answers") == bound
    kept = metric(responder, "tiniapp_auth_kept_answer_bytes")
    grown = resident(responder.child.process.pid) - before
    print(f"\n{count:,} logins, {bound:,} entries kept: {kept / 2**20:.1f} MiB counted, {grown:.1f} MiB more memory")
    assert age(ask(responder, "exchange", "t-0")) is None
    assert age(ask(responder, "exchange", f"t-{count - 1}")) is not None
    assert grown < 2 * kept / 2**20 + 16


def tokens_in_memory(pid, tokens):
    """Those of the tokens that the process's memory holds."""
    wanted = re.compile(b"|".join(re.escape(token.encode()) for token in tokens))
    found = {}
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end, access = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if "rw" not in access or "[vvar" in line or "[vsyscall]" in line:
                continue
            start, end = int(start, 16), int(end, 16)
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue
            for match in wanted.finditer(content):
                found.setdefault(match[0].decode(), []).append(
                    (line.split()[-1], content[match.start() - 60 : match.end() + 40])
                )
    return found


def test_a_dump_of_the_process_shows_no_token_of_a_kept_answer(world):
    world.upstream(tls=True)
    responder = world.responder(REPLAY_WINDOW="300")
    calls = [(("exchange", "refresh")[number % 2], f"needle-{number:05d}-in-the-memory") for number in range(300)]
    assert {answer.status for answer in together(lambda call: ask(responder, *call), calls)} == {200}
    # Some again: these are opened, relayed and must be gone as well.
    assert {answer.status for answer in together(lambda call: ask(responder, *call), calls[:100])} == {200}
    assert metric(responder, "tiniapp_auth_kept_answers") == 300
    wait_until(lambda: metric(responder, "tiniapp_auth_requests_in_flight") == 1, "nothing is in flight")
    found = tokens_in_memory(responder.child.process.pid, [token for _, token in calls])
    for token, places in list(found.items())[:10]:
        print(token, places[:3])
    assert not found, f"{len(found)} of 300 tokens are in the process's memory"
