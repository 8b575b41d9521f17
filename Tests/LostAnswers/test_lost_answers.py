"""Phones that lose an answer and ask again."""

import concurrent.futures
import os
import re
import time

import pytest
from conftest import PATHS, ask, ask_and_leave
from testbed import fastcgi
from testbed.processes import figures, wait_until


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
    world.upstream(late=(0.05, 3), tls=tls)
    # A slow machine's answers may be late by much more.
    late = {"LATE_ANSWER_TIMEOUT": "100", "REPLAY_WINDOW": "110"}
    responder = world.responder(REQUEST_TIMEOUT="2", CONNECT_TIMEOUT="1.9", **late)
    calls = [(("exchange", "refresh")[number % 2], f"token-{number}") for number in range(count)]
    together(lambda call: ask_and_leave(responder, *call), calls)

    def until_answered(call):
        """As the app does: the same again, after 504, and after what says that nothing was sent."""
        while True:
            answer = ask(responder, *call)
            # What is in doubt is 504 at once, for the rest of the window.
            if answer.status == 200 or time.monotonic() - started > 600:
                return answer
            assert answer.json["error"]["reason"] in ("upstream_timeout", "upstream_unreachable", "overloaded")

    started = time.monotonic()
    answers = together(until_answered, calls)
    assert {answer.status for answer in answers} == {200}
    for answer, (_, token) in zip(answers, calls, strict=True):
        assert answer.json["data"]["access_token"] == f"access-of-{token}"
    assert world.sent() == {token: 1 for _, token in calls}


def test_what_is_kept_is_bounded(world):
    """More entries than there may be: none is refused, the oldest go."""
    world.upstream()
    count = 100_000 if os.environ.get("LONG_TESTS") else 1_500
    bound = 20_000 if os.environ.get("LONG_TESTS") else 500
    responder = world.responder(REPLAY_WINDOW="300", REPLAY_MAX_ENTRIES=str(bound))
    together(lambda number: ask(responder, "exchange", f"warm-{number}"), range(200))
    before = figures(responder.child.process.pid).resident
    statuses = together(lambda number: ask(responder, "exchange", f"t-{number}").status, range(count))
    assert set(statuses) == {200}
    metrics = responder.metrics()
    assert metrics["kept_answers"] == bound
    kept = metrics["kept_answer_bytes"] / 1024
    grown = figures(responder.child.process.pid).resident - before
    print(f"\n{count:,} logins, {bound:,} entries kept: {kept:,.0f} KiB counted, {grown:,} KiB more memory")
    assert age(ask(responder, "exchange", "t-0")) is None
    assert age(ask(responder, "exchange", f"t-{count - 1}")) is not None
    assert grown < 2 * kept + 16_384


def tokens_in_memory(pid, tokens):
    """Those of the tokens that the process's memory holds, and where."""
    wanted = re.compile(b"|".join(re.escape(token.encode()) for token in tokens))
    found = {}
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            area, access, *_, place = line.split()
            if not access.startswith("rw"):
                continue
            start, end = (int(number, 16) for number in area.split("-"))
            memory.seek(start)
            for match in wanted.finditer(memory.read(end - start)):
                found.setdefault(match[0].decode(), []).append(place)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a process that keeps it private")
def test_a_dump_of_the_process_shows_no_token(world):
    """Buffers are wiped where they are freed or reused, and kept answers are sealed."""
    world.upstream(tls=True)
    responder = world.responder(REPLAY_WINDOW="300")
    calls = [(list(PATHS)[number % 3], f"needle-{number:05d}-in-the-memory") for number in range(300)]
    assert {answer.status for answer in together(lambda call: ask(responder, *call), calls)} == {200}
    # Some again: these are opened, relayed and must be gone as well.
    assert {answer.status for answer in together(lambda call: ask(responder, *call), calls[:100])} == {200}
    assert responder.metrics()["kept_answers"] == 200
    wait_until(lambda: responder.metrics()["requests_in_flight"] == 1, "nothing is in flight")
    pid = responder.child.process.pid
    # Nothing has overwritten the read buffer of a connection that is kept.
    with fastcgi.connect(responder.socket) as kept:
        kept.sendall(fastcgi.request("POST", "/auth_exchange", b'{"code":"needle-of-the-kept-one"}', True))
        assert fastcgi.answer_on_kept(kept).status == 200
        # The loop has left that request behind when it answers another.
        responder.metrics()
        assert not tokens_in_memory(pid, ["needle-of-the-kept-one", *(token for _, token in calls)])
    # The search finds what is there.
    assert tokens_in_memory(pid, ["X-Tiniapp-Client-Id"])
