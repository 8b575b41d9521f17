"""Requests to the responder: at a rate, or many at once."""

import collections
import concurrent.futures
import itertools
import threading
import time
from typing import NamedTuple

from testbed import fastcgi

KEYS = {"/auth_exchange": "code", "/auth_info": "access_token"}
_numbers = itertools.count(1)


class Result(NamedTuple):
    sent: float
    status: int
    answer: dict


def request(responder, path="/auth_exchange"):
    """One, different from all others."""
    body = b'{"%s":"value-%d"}' % (KEYS[path].encode(), next(_numbers))
    sent = time.monotonic()
    answer = fastcgi.ask(responder.socket, fastcgi.request("POST", path, body))
    return Result(sent, answer.status, answer.json)


def at_once(responder, count, threads=None):
    """So many, as many of them at a time as there are threads: all, if that is not given."""
    with concurrent.futures.ThreadPoolExecutor(threads or count) as pool:
        return list(pool.map(lambda _: request(responder), range(count)))


def statuses(results):
    return dict(collections.Counter(result.status for result in results))


class Stream:
    """Requests at a rate, until the end of the `with`. `results` is complete after that."""

    def __init__(self, responder, rate, path="/auth_exchange"):
        self.results = []
        self._requests = []
        self._end = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(2_000)
        self._thread = threading.Thread(target=self._run, args=(responder, rate, path))

    def _run(self, responder, rate, path):
        due = time.monotonic()
        while not self._end.wait(max(0, due - time.monotonic())):
            due += 1 / rate
            self._requests.append(self._pool.submit(request, responder, path))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._pool.shutdown()
        self.results = sorted(request.result() for request in self._requests)
