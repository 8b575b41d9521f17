#!/usr/bin/env python3
"""Answers every call with 200 and the name of its address.

upstream.py PORT ADDRESS… [--delay SECONDS] [--close]
"""

import argparse
import asyncio
import json


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("addresses", nargs="+")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--close", action="store_true", help="end the connection after each answer")
    options = parser.parse_args()

    async def answer(reader, writer):
        body = json.dumps({"data": {"address": writer.get_extra_info("sockname")[0]}, "error": None}).encode()
        ending = "Connection: close\r\n" if options.close else ""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{ending}\r\n"
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in request.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                await asyncio.sleep(options.delay)
                writer.write(head.encode() + body)
                await writer.drain()
                if options.close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    for address in options.addresses:
        await asyncio.start_server(answer, address, options.port, backlog=1024)
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
