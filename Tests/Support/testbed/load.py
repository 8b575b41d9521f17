"""Sends auth codes at a steady rate, each on a connection of its own, while a command disturbs the server.

    python3 -m testbed.load --port N --codes FILE --rate N --seconds N [--refreshes]
        [--tls NAME --ca FILE] [--at SECONDS COMMAND…]

The codes are the answer of the sandbox's POST /sandbox/codes; with --refreshes every second one is sent as a refresh
token. The command runs once, that long after the start. Prints one line (here on several), which says what became of
the requests:

    {"sent": 800, "ok": 399, "refused": 400, "reset": 0, "other": {"502": 1}, "lost_in_flight": 1,
     "lost_otherwise": 400, "slowest_ms": 1012, "command_code": 0, "command_seconds": 1.2}

"refused" had no connection, "reset" had one and no answer. "lost_in_flight" counts what was not answered with 200 and
was in flight at any moment while the command ran.
"""

import argparse
import asyncio
import collections
import json
import ssl
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--codes", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--refreshes", action="store_true")
    parser.add_argument("--tls", metavar="NAME")
    parser.add_argument("--ca")
    parser.add_argument("--at", type=float)
    parser.add_argument("command", nargs="*")
    return parser.parse_args()


async def send(options, context, number, code):
    """Returns the status, or a name for what went wrong."""
    # From many clients, since the limits are per client: nginx takes the address, or the header if it trusts that.
    client = number % 250 + 1
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", options.port, ssl=context, server_hostname=options.tls, local_addr=(f"127.0.1.{client}", 0)
        )
    except OSError:
        return "refused"
    route, key = ("refresh", "refresh_token") if options.refreshes and number % 2 else ("exchange", "code")
    body = json.dumps({key: code})
    try:
        writer.write(
            f"POST /auth_{route} HTTP/1.1\r\nHost: {options.tls or 'localhost'}\r\nConnection: close\r\n"
            f"X-Forwarded-For: 203.0.113.{client}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = await reader.read()
    except ConnectionError:
        return "reset"
    finally:
        writer.close()
    if not answer:
        return "reset"
    head, _, text = answer.partition(b"\r\n\r\n")
    status = head.split(b" ")[1].decode()
    if status == "200" and "access_token" not in json.loads(text)["data"]:
        return "no_token"
    return status


async def run(options, codes):
    """Returns start, end and outcome of each request, and begin, end and exit code of the command, or nothing."""
    context = ssl.create_default_context(cafile=options.ca) if options.tls else None
    results, command = [], []

    async def one(number):
        started = time.monotonic()
        try:
            outcome = await asyncio.wait_for(send(options, context, number, codes[number]), 30)
        except (OSError, TimeoutError, ValueError, IndexError) as error:
            outcome = type(error).__name__
        results.append((started, time.monotonic(), outcome))

    async def disturb():
        await asyncio.sleep(options.at)
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(*options.command, stdout=asyncio.subprocess.DEVNULL)
        code = await process.wait()
        command.extend((started, time.monotonic(), code))

    begin = time.monotonic()
    tasks = [asyncio.ensure_future(disturb())] if options.command else []
    for number in range(len(codes)):
        await asyncio.sleep(max(0, begin + number / options.rate - time.monotonic()))
        tasks.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*tasks)
    return results, command


def report(results, command):
    counts = collections.Counter(outcome for _, _, outcome in results)
    lost = [(start, end) for start, end, outcome in results if outcome != "200"]
    in_flight = sum(bool(command) and start <= command[1] and end >= command[0] for start, end in lost)
    figures = {
        "sent": len(results),
        "ok": counts.pop("200", 0),
        "refused": counts.pop("refused", 0),
        "reset": counts.pop("reset", 0),
        "other": dict(counts),
        "lost_in_flight": in_flight,
        "lost_otherwise": len(lost) - in_flight,
        "slowest_ms": max(int((end - start) * 1000) for start, end, _ in results),
    }
    if command:
        figures |= {"command_code": command[2], "command_seconds": round(command[1] - command[0], 2)}
    return figures


def main():
    options = arguments()
    count = int(options.rate * options.seconds)
    with open(options.codes, encoding="utf-8") as file:
        codes = json.load(file)["codes"][:count]
    assert len(codes) == count, "not enough codes"
    print(json.dumps(report(*asyncio.run(run(options, codes)))))


if __name__ == "__main__":
    main()
