"""Where one process ends: requests/s on one core and on two, and the CPU time of each of its threads. About a minute.

PYTHONPATH=Benchmarks:Tests/Support python3 -B -m bench.cores, after `make bench` has built the contestants. Others than
ours by their names: bench.cores ours go c-64 lua proxy; the last two have no responder, so nginx has a core for all.
"""

import collections
import os
import pathlib
import shutil
import statistics
import sys

from . import contestants, load, preflight
from .certificates import make_certificates
from .matrix import Point
from .places import WORK, raise_descriptor_limit
from .upstream import Upstream

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = 3
POINTS = (Point("http", 0, 64), Point("https", 0, 64))
ALL = os.sched_getaffinity(0)
FIRST = {min(ALL)}
# Place → cores for the responder, and for all others.
PLACES = {"everything on all cores": (ALL, ALL), "the responder on a core of its own": (FIRST, ALL - FIRST)}


def thread_seconds(pids):
    """CPU seconds so far, by the thread's name."""
    seconds = collections.Counter()
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            name = (task / "comm").read_text().strip()
            seconds[name] += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def pin(pids, cores):
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores)


def measure(name, upstream, point, mine, others):
    """Requests/s, and CPU seconds for 1,000 requests by thread."""
    # For children: wrk, which starts with each load.
    os.sched_setaffinity(0, others)
    contestant = contestants.start(name, upstream, point.scheme, point.delay)
    try:
        preflight.check(contestant, upstream, "cores")
        pin(upstream.service.pids() + contestant.nginx.pids(), others)
        pids = contestant.responder.pids() if contestant.responder else []
        pin(pids, mine)
        load.run(contestant.url, point.clients, 1)
        before = thread_seconds(pids)
        result = load.run(contestant.url, point.clients, SECONDS)
        used = thread_seconds(pids) - before
        return result["rps"], {name: value / result["requests"] * 1000 for name, value in used.items()}
    finally:
        contestant.stop()


def main():
    raise_descriptor_limit()
    shutil.rmtree(WORK / "run", ignore_errors=True)
    (WORK / "run").mkdir(parents=True)
    make_certificates()
    figures = collections.defaultdict(list)
    upstream = Upstream()
    try:
        for _ in range(ROUNDS):
            for point in POINTS:
                for name in sys.argv[1:] or ["ours"]:
                    for place, (mine, others) in PLACES.items():
                        figures[name, point, place].append(measure(name, upstream, point, mine, others))
    finally:
        upstream.stop()
    for (name, point, place), rounds in figures.items():
        rps = statistics.median(rps for rps, _ in rounds)
        threads = sorted({thread for _, used in rounds for thread in used})
        medians = {thread: statistics.median(used.get(thread, 0) for _, used in rounds) for thread in threads}
        words = ", ".join(f"{thread} {value:.3f}" for thread, value in medians.items() if value >= 0.0005)
        print(f"{name}, {point}, {place}: {rps:,.0f} requests/s; CPU s/1,000 by thread: {words}")


if __name__ == "__main__":
    main()
