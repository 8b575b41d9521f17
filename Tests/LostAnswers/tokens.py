"""The answers of a stand-in for Tiki whose tokens say what becomes of their calls.

    reset…                          it is read, and the connection closed
    say STATUS BODY [retry] …       it gets that answer; BODY as in BODIES, with Retry-After if it says so
    …slow…                          its answer comes half a second later

A token gives the next one in the chain.
"""

import asyncio
import json
import zlib

from testbed import faults


def is_late(token, share):
    """The same for a token each time, and known to the test."""
    return zlib.crc32(token.encode()) % 1000 < share * 1000


def answer(token):
    data = {
        "access_token": f"access-of-{token}",
        "expires_in": 3600,
        "refresh_token": f"{token}+",
        "scopes": ["offline", "user_profile"],
        "token_type": "bearer",
    }
    return json.dumps({"data": data, "error": None}).encode()


def refusal(reason):
    return json.dumps({"data": None, "error": {"code": 400, "reason": reason, "message": "no"}}).encode()


BODIES = {
    "tokens": lambda token: answer(token),
    "invalid_code": lambda _: refusal("invalid_code"),
    "invalid_token": lambda _: refusal("invalid_token"),
    "invalid_signature": lambda _: refusal("invalid_signature"),
    "foreign": lambda _: b'{"message": "Service Unavailable"}',
    "html": lambda _: b"<html><h1>Bad Gateway</h1></html>",
    "empty": lambda _: b"",
}


def response(status, body, *fields):
    if status == 204:
        return b"HTTP/1.1 204 Reason\r\n\r\n"
    return faults.answer(status, body, *fields)


def scripted(token):
    """What a token asks for."""
    words = token.split()
    if words[0] == "say":
        return response(int(words[1]), BODIES[words[2]](token), *["Retry-After: 1"] * ("retry" in words))
    return response(200, answer(token))


def serve(share, seconds):
    """For `Upstream.answer`; the given share of the answers comes so much later."""

    async def serve_one(connection, arrival):
        token = arrival.credential
        if token.startswith("reset"):
            return faults.CLOSE
        if is_late(token, share):
            await asyncio.sleep(seconds)
        if "slow" in token:
            await asyncio.sleep(0.5)
        await connection.send(scripted(token))

    return serve_one
