"""Requests that ask the upstream for faults, and what the answers may be: only Tiki's bytes or a documented error."""

import collections
import concurrent.futures
import http.client
import json
import random
from typing import NamedTuple

from testbed import faults

INVALID, UNREACHABLE, TIMEOUT = "502 upstream_invalid_response", "502 upstream_unreachable", "504 upstream_timeout"
# Path, the body's key, and how often one may arrive at Tiki.
ROUTES = [("/auth_exchange", "code", 1), ("/auth_refresh", "refresh_token", 1), ("/auth_info", "access_token", 2)]
# The start of a ServerHello (RFC 8446 section 4.1.3): a record of 122 bytes that stops in the random number.
HALF = bytes([0x16, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3]) + b"\7" * 20


class Request(NamedTuple):
    path: str
    body: str
    most: int
    fault: str
    credential: str


def request(fault, route, name, pause=0):
    path, key, most = ROUTES[route % 3]
    credential = faults.credential(fault, name, pause)
    return Request(path, f'{{"{key}":"{credential}"}}', most, fault, credential)


def mix(count, slow, name):
    """Each fault on each route, a third without any, and some slow ones; shuffled, but the same each time."""
    fast = [fault for fault in faults.FAULTS if fault not in faults.SLOW]
    fast += ["success"] * (len(fast) // 2)
    kinds = [faults.SLOW if number < slow else fast for number in range(count)]
    requests = [request(kind[number // 3 % len(kind)], number, f"{name}{number}") for number, kind in enumerate(kinds)]
    random.Random(4).shuffle(requests)
    return requests


class Answered(NamedTuple):
    request: Request
    # The status, and an error's reason.
    outcome: str
    # What is wrong with the answer itself.
    mistake: str | None


def ask(connection, request):
    connection.request("POST", request.path, request.body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    try:
        error = json.loads(body)["error"] or {}
    except (ValueError, KeyError):
        error = {}
    outcome = " ".join([str(answer.status), *([error["reason"]] if "reason" in error else [])])
    return Answered(request, outcome, _mistake(answer, body, error, request))


def _mistake(answer, body, error, request):
    for name, value in [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]:
        if (values := answer.headers.get_all(name)) != [value]:
            return f"{name}: {values}"
    ids = answer.headers.get_all("X-Request-Id") or []
    if len(ids) != 1 or not ids[0]:
        return f"X-Request-Id: {ids}"
    # Tiki's answer byte for byte, or our envelope and nothing else.
    fault = {400: "refusal", 500: "failure"}.get(answer.status, "success")
    if answer.status in (200, 400, 500):
        tikis = faults.relayed(
            "at_limit" if (fault, request.fault) == ("success", "at_limit") else fault, request.credential
        )
        return None if tikis == (answer.status, body) else "not Tiki's bytes"
    start = f'{{"data":null,"error":{{"code":{answer.status},"reason":"{error.get("reason")}",'
    envelope = f'{start}"message":"{error.get("message")}","metadata":{{"request_id":"{ids[0]}"}}}}}}'
    return None if body == envelope.encode() else "not the envelope"


def ask_all(port, requests, clients):
    """Sends them over so many kept connections at once."""

    def ask_some(client):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        answers = [ask(connection, request) for request in requests[client::clients]]
        connection.close()
        return answers

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return [answer for answers in pool.map(ask_some, range(clients)) for answer in answers]


def half_handshake(ending):
    async def door(connection):
        # Reads the ClientHello first, since closing would otherwise be a reset.
        await connection.has_more()
        await connection.send(HALF)
        if ending == "silent":
            await connection.has_more(60)
        return "reset" if ending == "reset" else "close"

    return lambda _: door


def allowed(fault):
    """The outcomes of a request that met a fault; None stands for a connection closed on the upstream's side."""
    if fault in faults.SLOW:
        return {TIMEOUT}
    if status := {"refusal": 400, "failure": 500}.get(fault):
        return {f"{status} {faults.REASONS[status]}"}
    # If the bytes after the answer are seen in time, they spoil it; otherwise they spoil only the connection. A reset
    # can overtake the answer before it.
    if fault in ("surplus", "reset_when_idle"):
        return {"200", INVALID}
    return {"200"} if faults.relayed(fault, "") else {INVALID}


class Verdict:
    """Compares the answers that apps got with what reached the upstream."""

    def __init__(self, answers, arrivals, unseen):
        """`unseen` are the possible outcomes of a request that never reached it."""
        self.violations = []
        # Of one exchange or refresh.
        self.most = 0
        arrived = collections.defaultdict(list)
        for arrival in arrivals:
            arrived[arrival.credential].append(arrival.fault)
        for request, outcome, mistake in answers:
            met = arrived.pop(request.credential, [])
            if request.most == 1:
                self.most = max(self.most, len(met))
            # An info call that is sent again may find no connection. If two arrived, the later may be noted first.
            may_end_unseen = len(met) < request.most and (not met or request.most > 1)
            outcomes = set().union(*map(allowed, met), unseen if may_end_unseen else ())
            if len(met) > request.most or outcome not in outcomes or mistake:
                self.violations.append(f"{request.path} {request.credential}: {met} → {outcome}, {mistake}")
        self.violations += [f"'{stranger}' arrived, and nobody had sent it" for stranger in arrived]
