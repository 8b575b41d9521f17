"""A phone's double tap, a hundredfold: if Tiki saw a second identical refresh, it would revoke the chain."""

import json

import pytest
from conftest import show
from testbed import http_client
from testbed.crowd import Crowd
from testbed.stack import Stack

CLIENTS = 100
PATH = "/auth_refresh"


@pytest.mark.parametrize("gone", [0, 50])
def test_100_identical_refreshes_make_one_call_though_some_clients_leave(gone):
    # Long enough for all of them to arrive in the meantime.
    with Stack(sandbox_options=["--delay", "800"]) as stack, Crowd(stack.port) as leaving, Crowd(stack.port) as staying:

        def ask(path, **value):
            return http_client.request(stack.port, "POST", path, body=json.dumps(value).encode())

        tokens = ask("/auth_exchange", code=stack.sandbox.code())
        token = tokens.json["data"]["refresh_token"]
        request = http_client.request_bytes("POST", PATH, body=b'{"refresh_token":"%s"}' % token.encode())
        for number in range(CLIENTS):
            # Some of the first clients leave, too, so the call may belong to one of them.
            (leaving if number % 2 == 0 and number // 2 < gone else staying).open(request)
        leaving.leave()
        answers = [answer for answer, _ in staying.read().answers]
        calls = stack.sandbox.control("GET", "calls")["counts"]["/oauth/auth/token/refresh"]
        ids = {value for answer in answers for value in answer.all("X-Request-Id")}
        after = ask(PATH, refresh_token=answers[0].json["data"]["refresh_token"])
        bodies = {answer.body for answer in answers}
        show(
            f"identical refreshes, {gone} of the clients gone",
            f"{CLIENTS} at once, {calls} call to Tiki, {len(answers)} answers, {len(bodies)} body, "
            f"{len(ids)} request ids, then with the new token: {after.status}",
        )
        assert staying.statuses == {200: CLIENTS - gone}
        assert len(bodies) == 1
        assert len(ids) == len(answers)
        assert calls == 1
        assert after.status == 200, "the chain is alive"
        # A late copy gets the answer again, and does not end the chain.
        copy = ask(PATH, refresh_token=token)
        assert (copy.status, copy.body) == (200, answers[0].body)
        assert ask(PATH, refresh_token=after.json["data"]["refresh_token"]).status == 200
