"""A stand-in for Tiki that counts how often each token comes, and can be late, cut off or silent with its answers.

    python3 token_server.py PORT LOG [--tls CERTIFICATE KEY] [--late SHARE SECONDS]

Each line of LOG is a token that came. The code says what becomes of it:

    reset…                          it is read, and the connection closed
    say STATUS BODY [retry] …       it gets that answer; BODY as in BODIES, with Retry-After if it says so
    lost …                          it gets a gateway's 504, and right after that, on the same connection, an answer
    …slow…                          its answer comes half a second later

The given share of all others is answered that much later. A token gives the next one in the chain.
"""

import argparse
import asyncio
import json
import ssl
import zlib


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("log")
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--late", nargs=2, type=float, default=(0, 0))
    return parser.parse_args()


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


def response(status, body, fields=b""):
    head = b"HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n%s" % (status, fields)
    return head + (b"\r\n" if status == 204 else b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


def scripted(token):
    """What a token asks for."""
    words = token.split()
    if words[0] == "lost":
        return response(504, BODIES["foreign"](token)) + response(200, answer("of somebody else"))
    if words[0] == "say":
        fields = b"Retry-After: 1\r\n" if "retry" in words else b""
        return response(int(words[1]), BODIES[words[2]](token), fields)
    return response(200, answer(token))


async def serve(options, log, reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            call = json.loads(await reader.readexactly(length))
            token = call.get("code") or call.get("refresh_token") or call["access_token"]
            log.write(token + "\n")
            log.flush()
            if token.startswith("reset"):
                break
            if is_late(token, options.late[0]):
                await asyncio.sleep(options.late[1])
            if "slow" in token:
                await asyncio.sleep(0.5)
            writer.write(scripted(token))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    options = arguments()
    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*options.tls)
    with open(options.log, "a") as log:
        server = await asyncio.start_server(
            lambda reader, writer: serve(options, log, reader, writer),
            "127.0.0.1",
            options.port,
            ssl=context,
            backlog=1024,
        )
        print("listening", flush=True)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
