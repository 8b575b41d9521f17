#!/usr/bin/env python3
"""Sends auth codes to the container at a steady rate, each on a connection of its own, and stops it in the midst.

    container-load.py --port N --codes FILE --rate N --seconds N --at SECONDS COMMAND…

The codes are the answer of the sandbox's POST /sandbox/codes. The command runs once, that long after the start. What
became of the requests is the last line of the output; "refused" had no connection, "reset" had one and no answer:

    {"sent": 800, "ok": 400, "refused": 400, "reset": 0, "other": {}, "command_seconds": 1.2, "command_code": 0}
"""

import argparse
import asyncio
import collections
import json
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--codes", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--at", type=float, required=True)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


async def send(port, number, code):
    """Returns the status, or a name of what went wrong."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return "refused"
    body = json.dumps({"code": code})
    try:
        # From many clients: the limits are for each.
        writer.write(
            f"POST /auth_exchange HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"X-Forwarded-For: 203.0.113.{number % 250 + 1}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = await reader.read()
    except ConnectionError:
        return "reset"
    finally:
        writer.close()
    head, _, text = answer.partition(b"\r\n\r\n")
    if not answer:
        return "reset"
    status = head.split(b" ")[1].decode()
    if status == "200" and "access_token" not in json.loads(text)["data"]:
        return "no_token"
    return status


async def main():
    options = arguments()
    with open(options.codes, encoding="utf-8") as file:
        codes = json.load(file)["codes"]
    count = int(options.rate * options.seconds)
    assert len(codes) >= count, "not enough codes"
    results = collections.Counter()
    command = {}

    async def one(number):
        try:
            results[await asyncio.wait_for(send(options.port, number, codes[number]), 30)] += 1
        except (TimeoutError, OSError, ValueError, IndexError) as error:
            results[type(error).__name__] += 1

    async def run_command():
        await asyncio.sleep(options.at)
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(*options.command, stdout=asyncio.subprocess.DEVNULL)
        command["command_code"] = await process.wait()
        command["command_seconds"] = round(time.monotonic() - started, 2)

    begin = time.monotonic()
    tasks = [asyncio.ensure_future(run_command())]
    for number in range(count):
        await asyncio.sleep(max(0, begin + number / options.rate - time.monotonic()))
        tasks.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*tasks)

    named = {"ok": results.pop("200", 0), "refused": results.pop("refused", 0), "reset": results.pop("reset", 0)}
    print(json.dumps({"sent": count, **named, "other": dict(results), **command}))


asyncio.run(main())
