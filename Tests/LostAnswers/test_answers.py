"""What an answer means for its token: the table of docs/at-most-once.md, row by row."""

import re

import pytest
from conftest import ask
from test_lost_answers import age, together
from testbed.places import read
from tokens import BODIES

STATUSES = [200, 201, 204, 400, 401, 403, 404, 408, 409, 421, 425, 429, 499, 500, 501, 502, 503, 504, 520, 599]
REFUSALS = ("invalid_code", "invalid_token")
OWN_ERRORS = {429: (429, "too_many_requests"), 503: (503, "upstream_unavailable")}


def answers():
    """Every status with every body that it can have, and the 503 with and without Retry-After."""
    for status in STATUSES:
        for body in ["empty"] if status == 204 else BODIES:
            for retry in ["", "retry "] if status == 503 else [""]:
                yield status, body, retry


def rows():
    table = read("docs/at-most-once.md").split("| status | body | the same token again")[1].split("\n\n")[0]
    found = re.findall(r"^\| (\S[^|]*) \| ([^|]+) \| (a new call|the same answer)", table, re.MULTILINE)
    assert len(found) == 5
    return found


def fits(row, status, body, retry):
    statuses, bodies, _ = row
    if ends := re.fullmatch(r"(\d+) to (\d+)", statuses):
        is_status = int(ends[1]) <= status <= int(ends[2])
    else:
        is_status = statuses == "any other" or (statuses == "503 with `Retry-After`" and status == 503 and bool(retry))
    is_body = {
        "any": True,
        "JSON without an error": body in ("tokens", "foreign"),
        "Tiki's `invalid_code` or `invalid_token`": body in REFUSALS,
    }
    return is_status and is_body[bodies]


def check(first, again, sent, status, body, retry, token):
    is_json = body not in ("html", "empty")
    if is_json:
        assert (first.status, first.body) == (status, BODIES[body](token))
    else:
        assert (first.status, first.json["error"]["reason"]) == OWN_ERRORS.get(
            status, (502, "upstream_invalid_response")
        )
    assert age(first) is None
    # An error of our own has the request's id in it.
    assert (again.status, again.body if is_json else again.json["error"]["reason"]) == (
        first.status,
        first.body if is_json else first.json["error"]["reason"],
    )
    row = next(row for row in rows() if fits(row, status, body, retry))
    is_kept = row[2] == "the same answer"
    assert (age(again) is not None, sent) == (is_kept, 1 if is_kept else 2), row


@pytest.mark.parametrize("mode", ["alone", "store", "two"])
def test_each_answer_frees_or_keeps_its_token_as_the_page_says(world, mode):
    world.upstream()
    settings = {} if mode == "alone" else {"SHARED_STORE": world.store().url}
    instances = [world.responder(name, **settings) for name in (["one", "two"] if mode == "two" else ["one"])]

    def both(number_and_answer):
        number, (status, body, retry) = number_and_answer
        route = ("exchange", "refresh")[number % 2]
        token = f"say {status} {body} {retry}{number}"
        return *(ask(instance, route, token) for instance in (instances[0], instances[-1])), status, body, retry, token

    results = together(both, list(enumerate(answers())), 8)
    sent = world.sent()
    problems = []
    for first, again, *answer, token in results:
        try:
            check(first, again, sent[token], *answer, token)
        except AssertionError as error:
            problems.append(f"{token}: {error}")
    assert not problems, "\n".join(problems)
