"""A stand-in for Tiki that counts how often each token comes, and can be late, cut off or silent with its answers.

    python3 token_server.py PORT LOG [--tls CERTIFICATE KEY] [--late SHARE SECONDS]

Each line of LOG is a token that came. The code says what becomes of it: one that begins with "reset" is read and the
connection closed; the given share of all others is answered that much later. A token gives the next one in the chain.
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
            body = answer(token)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
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
