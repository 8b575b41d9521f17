"""Runs wrk, and reads what Benchmarks/wrk/exchange.lua prints."""

import json
import os
import random
import string
import subprocess

from .places import BENCHMARKS

# Long enough that a slow answer counts as slow, and only a missing one as an error.
_TIMEOUT = 14


def run(url, clients, seconds):
    """Returns the figures; `errors` counts everything other than a 200."""
    options = f"--threads {_threads(clients)} --connections {clients} --duration {seconds}s --timeout {_TIMEOUT}s"
    marker = "".join(random.choices(string.ascii_letters, k=8))
    command = ["wrk", *options.split(), "--script", str(BENCHMARKS / "wrk/exchange.lua"), url, "--", marker]
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = wrk.communicate(timeout=seconds + 60)
    except BaseException:
        wrk.kill()
        wrk.wait()
        raise
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    if wrk.returncode or not lines:
        raise RuntimeError(f"wrk has failed with {wrk.returncode}: {output[-500:]}")
    result = json.loads(lines[-1].removeprefix("RESULT "))
    result["errors"] = sum(result[kind] for kind in ("status", "connect", "read", "write", "timeout"))
    result["rps"] = result["requests"] / result["seconds"]
    return result


def _threads(clients):
    """One can drive some hundred clients; more threads would only take turns on two cores."""
    return 1 if clients < 1024 else min(2, os.cpu_count() or 1)
