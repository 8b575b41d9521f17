"""Several instances that share a store."""

import collections
import concurrent.futures
import os
import signal
import threading
import time

import pytest
from conftest import ask
from test_lost_answers import age, together, tokens_in_memory
from testbed.processes import wait_until

LONG = bool(os.environ.get("LONG_TESTS"))
COUNT = 10_000 if LONG else 600
# What an app may get besides Tiki's answer.
DOCUMENTED = {
    (502, "upstream_invalid_response"),
    (503, "in_progress"),
    (503, "overloaded"),
    (503, "shutting_down"),
    (503, "store_unavailable"),
    (504, "upstream_timeout"),
}


def kind(answer):
    return answer.status, (answer.json.get("error") or {}).get("reason")


class Instances:
    """Two of them; the first can be killed, and is started again then."""

    def __init__(self, world, store, **settings):
        self._world = world
        self._settings = {"SHARED_STORE": store.url, "REQUEST_TIMEOUT": "3", "LATE_ANSWER_TIMEOUT": "6"} | settings
        self.all = [self._start("one"), self._start("two")]

    def _start(self, name):
        return self._world.responder(name, **self._settings)

    def kill_first(self):
        self.all[0].child.process.kill()
        self.all[0].child.process.wait()
        self.all[0] = self._start("one")

    def ask(self, number, route, token):
        """None if the instance was killed."""
        try:
            answer = ask(self.all[number], route, token)
        except OSError:
            return None
        return answer if answer.body else None

    def wait_until_shared(self):
        """Until one has what the other has been told."""

        def is_shared():
            token = f"t-{time.monotonic()}"
            return [age(self.ask(number, "exchange", token)) for number in (0, 1)] == [None, "0"]

        wait_until(is_shared, "the store is used")

    def wait_until_settled(self):
        """Until a claim is a promise: the store was new."""
        wait_until(lambda: self.ask(0, "exchange", f"first-{time.monotonic()}").status == 200, "logins work", 120)


def ask_both(instances, tokens, at_once=24):
    """Each token at both instances at the same moment."""

    def both(number_and_token):
        number, token = number_and_token
        route = ("exchange", "refresh")[number % 2]
        return together(lambda instance: instances.ask(instance, route, token), (0, 1), 2)

    return together(both, enumerate(tokens), at_once)


def in_background(action):
    """Children must be started on the main thread: they end with the thread that starts them."""
    return concurrent.futures.ThreadPoolExecutor(1).submit(action)


def check_answers(answers):
    """Each client has the same answer, or a documented error. Returns what there was how often."""
    kinds = collections.Counter()
    for pair in answers:
        good = {answer.body for answer in pair if answer and answer.status == 200}
        assert len(good) <= 1
        for answer in pair:
            # Tiki's own answers are passed on, whatever they are.
            is_known = answer is None or answer.status == 200 or kind(answer) in DOCUMENTED or "message" in answer.json
            assert is_known, answer
            kinds[kind(answer) if answer else "killed"] += 1
    return kinds


def test_no_token_is_sent_twice_by_two_instances(world):
    """With resets, with late answers, and with an instance that is killed twice."""
    world.upstream(late=(0.02, 4))
    # An instance goes on without a store that does not answer in time, and a busy machine makes it slow.
    instances = Instances(world, world.store(), SHARED_STORE_TIMEOUT="2.5")
    tokens = [f"{'reset' if number % 50 == 7 else 'token'}-{number}" for number in range(COUNT)]

    started = time.monotonic()
    asking = in_background(lambda: ask_both(instances, tokens))
    for _ in range(2):
        time.sleep(1.5)
        instances.kill_first()
    kinds = check_answers(asking.result())
    twice = world.sent_twice()
    seconds = time.monotonic() - started
    print(f"\n{COUNT:,} tokens at two instances in {seconds:.0f} s: {dict(kinds)}, {len(twice)} sent twice")
    assert not twice
    assert kinds[200, None] > COUNT


@pytest.mark.skipif(not LONG, reason="it takes a minute")
@pytest.mark.parametrize("required", ["0", "1"])
def test_a_store_that_comes_back_empty(world, required):
    world.upstream(late=(0.05, 2))
    store = world.store()
    instances = Instances(world, store, SHARED_STORE_REQUIRED=required, REPLAY_WINDOW="5")
    instances.wait_until_settled()
    is_over = threading.Event()

    def ask_on():
        """Some tokens again and again, as phones do, and new ones all the time."""
        answers, number = [], 0
        while not is_over.is_set():
            again = [f"again-{number // 250}-{more}" for more in range(10)]
            answers.append(ask_both(instances, again + [f"t-{number + more}" for more in range(25)]))
            number += 25
            time.sleep(0.1)
        return answers

    asking = in_background(ask_on)
    time.sleep(1)
    store.kill()
    time.sleep(0.5)
    before = sum(world.sent().values())
    time.sleep(4)
    gone = sum(world.sent().values()) - before
    store.start()
    time.sleep(20)
    is_over.set()
    kinds = sum((check_answers(answers) for answers in asking.result()), collections.Counter())
    twice = world.sent_twice()
    print(f"\nrequired {required}: {dict(kinds)}, {gone} sent without the store, {len(twice)} tokens sent twice")
    if required == "1":
        assert not twice
        assert gone == 0
        assert kinds[503, "store_unavailable"] > 0
    else:
        assert gone > 0
        assert set(kinds) <= {(200, None), (503, "in_progress"), (504, "upstream_timeout")}
    assert kinds[200, None] > 0
    wait_until(lambda: instances.ask(1, "exchange", f"last-{time.monotonic()}").status == 200, "logins work", 120)


def test_a_dump_of_the_store_shows_no_token(world):
    world.upstream()
    store = world.store()
    instances = Instances(world, store)
    tokens = [f"needle-{number:05d}-in-the-store" for number in range(100)]
    assert {instances.ask(0, "refresh", token).status for token in tokens} == {200}
    # As a replica or a backup would get it.
    dump = store.run("--rdb", "-")
    assert b"tiniapp-auth:call:" in dump
    assert not [token for token in tokens if token.encode() in dump]
    assert not tokens_in_memory(store.child.process.pid, tokens)


@pytest.mark.parametrize(("late", "grace", "is_told"), [(4, "60", True), (120, "1", False)])
def test_an_instance_that_is_stopped_waits_for_an_answer_that_others_can_give_but_not_for_ever(
    world, late, grace, is_told
):
    world.upstream(late=(1, late))
    instances = Instances(world, world.store(), REQUEST_TIMEOUT="1", SHUTDOWN_GRACE=grace)
    assert instances.ask(0, "refresh", "late").status == 504
    instances.all[0].send_signal(signal.SIGTERM)
    assert instances.all[0].child.process.wait(60) == 0
    assert (instances.ask(1, "refresh", "late").status == 200) == is_told
    assert world.sent() == {"late": 1}


def test_a_store_that_is_gone_at_the_start_is_found_later_and_another_password_is_read(world):
    world.upstream()
    store = world.store()
    password = world.folder / "password"
    password.write_text("old\n")
    store.kill()
    instances = Instances(world, store, SHARED_STORE_PASSWORD_FILE=str(password))
    assert instances.ask(0, "exchange", "a").status == 200
    store.start("old")
    instances.wait_until_shared()
    store.kill()
    store.start("new")
    password.write_text("new\n")
    for instance in instances.all:
        instance.send_signal(signal.SIGHUP)
    instances.wait_until_shared()
    for instance in instances.all:
        instance.log("reloaded")


def test_an_instance_that_reads_a_new_secret_shares_with_one_that_starts_with_it(world):
    world.upstream()
    secret = world.folder / "secret"
    secret.write_text("the-first-secret-0001\n")
    instances = Instances(world, world.store(), CLIENT_SECRET="", CLIENT_SECRET_FILE=str(secret))
    secret.write_text("the-second-secret-0002\n")
    instances.all[1].send_signal(signal.SIGHUP)
    instances.all[1].log("reloaded")
    instances.kill_first()
    instances.wait_until_shared()
