#!/usr/bin/env python3
"""Sends auth codes over HTTPS at a steady rate, each on a connection of its own, and says what became of them.

    load.py --name HOST --ca FILE --codes FILE --rate N --seconds N [--at SECONDS COMMAND…]

The codes are the answer of the sandbox's POST /sandbox/codes. With --at, the command runs once, that long after the
start; a request that was in flight at any moment of its run counts apart. The last line of the output:

    sent=500 ok=480 lost_in_flight=20 lost_otherwise=0 slowest_ms=812 statuses={"200": 480, "502": 20}
"""

import argparse
import asyncio
import collections
import json
import ssl
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--codes", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--at", type=float)
    parser.add_argument("command", nargs="*")
    return parser.parse_args()


async def send(options, context, number, code):
    """Returns the status, or the name of what went wrong."""
    # From many addresses: the limits are for each client.
    source = f"127.0.1.{number % 100 + 1}"
    body = json.dumps({"code": code})
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", 443, ssl=context, server_hostname=options.name, local_addr=(source, 0)
    )
    try:
        writer.write(
            f"POST /auth_exchange HTTP/1.1\r\nHost: {options.name}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = await reader.read()
    finally:
        writer.close()
    head, _, text = answer.partition(b"\r\n\r\n")
    status = head.split(b" ")[1].decode() if b" " in head else "closed"
    if status == "200" and "access_token" not in json.loads(text)["data"]:
        return "no_token"
    return status


async def main():
    options = arguments()
    context = ssl.create_default_context(cafile=options.ca)
    with open(options.codes, encoding="utf-8") as file:
        codes = json.load(file)["codes"]
    count = int(options.rate * options.seconds)
    assert len(codes) >= count, "not enough codes"
    results = []
    window = []

    async def one(number):
        started = time.monotonic()
        try:
            status = await asyncio.wait_for(send(options, context, number, codes[number]), 30)
        except (TimeoutError, OSError, ValueError) as error:
            status = type(error).__name__
        results.append((started, time.monotonic(), status))

    async def disturb():
        await asyncio.sleep(options.at)
        window.append(time.monotonic())
        process = await asyncio.create_subprocess_exec(*options.command)
        code = await process.wait()
        window.append(time.monotonic())
        assert code == 0, f"the command has failed with {code}"

    begin = time.monotonic()
    tasks = [asyncio.ensure_future(disturb())] if options.at else []
    for number in range(count):
        await asyncio.sleep(max(0, begin + number / options.rate - time.monotonic()))
        tasks.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*tasks)

    lost = [result for result in results if result[2] != "200"]
    in_flight = [result for result in lost if window and result[0] <= window[1] and result[1] >= window[0]]
    statuses = collections.Counter(status for _, _, status in results)
    print(
        f"sent={count} ok={statuses['200']} lost_in_flight={len(in_flight)}",
        f"lost_otherwise={len(lost) - len(in_flight)}",
        f"slowest_ms={max(int((end - start) * 1000) for start, end, _ in results)}",
        f"statuses={json.dumps(statuses, sort_keys=True)}",
    )


asyncio.run(main())
