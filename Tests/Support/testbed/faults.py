"""How an upstream fails: what it sends, and what becomes of the connection.

A request asks for a fault by its code or token, see `credential`. Complete answers come first; then those that are not
valid; connections that end instead; answers after which the connection ends; slow ones.
"""

import asyncio
import gzip
import json

# How many bytes an answer's body may have (MAX_RESPONSE_BYTES).
LIMIT = 65536
# What becomes of a connection.
OPEN, CLOSE, RESET = "open", "close", "reset"


def credential(fault, name, pause=0):
    """The code or token that asks for the fault. The name makes it unique; the delayed part waits so many seconds."""
    return f"{fault}@{pause}-{name}"


def asked(text):
    """The fault that a code or token asks for, and its pause."""
    fault, _, pause = text.partition("-")[0].partition("@")
    return (fault, float(pause)) if fault in FAULTS and pause else ("success", 0)


def tokens(text):
    """The body with tokens for a code or token, spaced and escaped so that encoding it again is noticed."""
    value = json.dumps(text)[1:-1]
    pair = rf'"access_token" :"a-{value}","refresh_token": "r-{value}"'
    return rf' {{"data":{{{pair},"expires_in":3.6e3,"name":"T\u00ec\/i"}},"error":null}}'.encode()


REASONS = {400: "invalid_code", 500: "internal_error"}


def failure(status, text):
    """A failure in Tiki's envelope."""
    details = f'"code":{status},"reason":"{REASONS[status]}","message":"{len(text)} characters"'
    return f'{{"data" : null,"error":{{{details}}}}}'.encode()


def head(status, length, *fields):
    lines = [f"HTTP/1.1 {status} Reason", "Content-Type: application/json", f"Content-Length: {length}", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(status, body, *fields):
    """A complete answer; `fields` are further lines of its head."""
    return head(status, len(body), *fields) + body


def relayed(fault, text):
    """The status and body that an app must get byte for byte; None if it must not get the upstream's."""
    if status := {"refusal": 400, "failure": 500}.get(fault):
        return status, failure(status, text)
    if fault == "at_limit":
        return 200, tokens(text).ljust(LIMIT)
    return (200, tokens(text)) if fault in TOKENS else None


async def _idle(connection, pause, end):
    return OPEN if await connection.has_more(pause) else end


async def _reset_next(connection, _):
    await connection.next("reset_before_head")
    return RESET


async def _trickle(connection, what):
    # The peer sends nothing more, so anything that comes is its end.
    while not await connection.has_more(0.05):
        await connection.send(what)
    return CLOSE


async def _flood(connection, what):
    for _ in range(2**26 // len(what)):
        await connection.send(what)
        await asyncio.sleep(0)  # Others are served, and the peer's end is noticed.
    return CLOSE


def _with_tokens(status=200, *fields, before=b"", after=b"", extra=0):
    """Makes an answer with tokens, of a length that is wrong by `extra`."""

    def make(text):
        body = tokens(text)
        return before + head(status, len(body) + extra, *fields) + body + after

    return make


def _beginning(text):
    return head(200, LIMIT) + tokens(text)[:50]


_OK = _with_tokens()
_FORGED = answer(200, b'{"data":"forged"}')
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

# The bytes to send, or what makes them from the code or token; what becomes of the connection then, or a coroutine of
# connection and pause that says so.
FAULTS = {
    "success": (_OK, OPEN),
    "refusal": (lambda text: answer(400, failure(400, text)), OPEN),
    "failure": (lambda text: answer(500, failure(500, text)), OPEN),
    "interim": (_with_tokens(before=b"HTTP/1.1 100 Continue\r\n\r\n"), OPEN),
    "at_limit": (lambda text: answer(200, tokens(text).ljust(LIMIT)), OPEN),
    "announced_close": (_with_tokens(200, "Connection: close"), CLOSE),
    "surplus": (_with_tokens(after=_FORGED), OPEN),
    "not_json": (lambda text: answer(200, tokens(text)[:-1]), OPEN),
    "over_limit": (lambda text: answer(200, tokens(text).ljust(LIMIT + 1)), OPEN),
    "gzip": (answer(200, gzip.compress(b'{"data":null,"error":null}'), "Content-Encoding: gzip"), OPEN),
    "no_content": (b"HTTP/1.1 204 No Content\r\n\r\n", OPEN),
    "moved": (_with_tokens(301, "Location: /elsewhere"), OPEN),
    "not_modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", OPEN),
    "empty_body": (answer(200, b""), OPEN),
    "length_too_small": (_with_tokens(extra=-9), OPEN),
    "truncated": (_with_tokens(extra=9), CLOSE),
    "not_http": (b"SSH-2.0-OpenSSH_9.2\r\n", CLOSE),
    "endless_head": (b"HTTP/1.1 200 OK\r\n", lambda to, _: _flood(to, b"X-Field: %s\r\n" % (b"x" * 999))),
    "endless_body": (_CHUNKED, lambda to, _: _flood(to, b"400\r\n%s\r\n" % (b" " * 1024))),
    "reset_before_head": (b"", RESET),
    "reset_in_head": (b"HTTP/1.1 200 OK\r\nContent-Type: applic", RESET),
    "reset_in_body": (_beginning, RESET),
    "close_before_head": (b"", CLOSE),
    "close_when_idle": (_OK, lambda to, pause: _idle(to, pause, CLOSE)),
    "reset_when_idle": (_OK, lambda to, pause: _idle(to, pause, RESET)),
    # Once the next request on it has been read.
    "reset_next_request": (_OK, _reset_next),
    "no_answer": (b"", lambda to, _: _idle(to, 60, CLOSE)),
    "slow_head": (b"HTTP/1.1 200 OK\r\nX-Slow: ", lambda to, _: _trickle(to, b"x")),
    "slow_body": (_beginning, lambda to, _: _trickle(to, b" ")),
    "delayed": (_OK, OPEN),
}
SLOW = ("no_answer", "slow_head", "slow_body")
# The request itself gets its tokens.
TOKENS = ("success", "interim", "announced_close", "surplus", "delayed")
TOKENS += ("close_when_idle", "reset_when_idle", "reset_next_request")


async def serve(connection, arrival):
    """Answers as the code or token asks. Returns what becomes of the connection."""
    fault, pause = asked(arrival.credential)
    made, then = FAULTS[fault]
    if fault == "delayed":
        await asyncio.sleep(pause)
    await connection.send(made(arrival.credential) if callable(made) else made)
    return await then(connection, pause) if callable(then) else then
