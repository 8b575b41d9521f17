"""Resident memory: idle, with 4,096 clients at once, and in the minute after that."""

import time

from . import contestants, load, preflight, usage

CLIENTS = 4096


def profile(name, upstream, scheme, plan):
    """Starts it, leaves it idle, sends the burst with an upstream that takes 100 ms, and watches it idle again."""
    contestant = contestants.start(name, upstream, scheme, 100)
    try:
        preflight.check(contestant, upstream, f"memory.{scheme}")
        time.sleep(2)
        pids = contestant.responder.pids()
        result = {"idle_mb": usage.resident_mb(pids)}
        usage.reset_peak(pids)
        burst = load.run(contestant.url, CLIENTS, max(plan.seconds, 3))
        result["burst_errors"] = burst["errors"]
        result["burst_requests"] = burst["requests"]
        result["peak_mb"] = usage.peak_mb(pids)
        began = time.monotonic()
        # [seconds after the burst, MB]
        result["after"] = []
        while True:
            seconds = time.monotonic() - began
            result["after"].append([round(seconds, 1), round(usage.resident_mb(pids), 1)])
            if seconds >= plan.memory_seconds:
                break
            time.sleep(min(5, plan.memory_seconds - seconds))
        contestant.responder.check()
        return result
    finally:
        contestant.stop()


def profiles(upstream, plan):
    return {scheme: profile("ours-default", upstream, scheme, plan) for scheme in ("https", "http")}
