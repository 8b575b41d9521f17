"""Other configurations of nginx beside the shipped one: medians, in turn. Some three minutes.

PYTHONPATH=Benchmarks:Tests/Support python3 -B -m bench.nginx_variants, after `make bench` has built the contestants.
"""

import os
import re
import shutil
import signal
import statistics

from testbed.servers import Nginx

from . import contestants, preflight
from .certificates import make_certificates
from .matrix import Plan, Point
from .measure import measure
from .places import WORK, raise_descriptor_limit
from .upstream import Upstream

ROUNDS = int(os.environ.get("ROUNDS", "5"))
POINT = Point("http", 0, 64)
PLAN = Plan(rounds=ROUNDS, seconds=3, warm_up=1, cells={}, starts=0, container_starts=0, memory_seconds=0)


def with_event(directive):
    return lambda site: site.replace("events {", f"events {{\n    {directive};")


def with_log(arguments):
    return lambda site: site.replace("access_log access.log json;", f"access_log {arguments};")


# Name → the contestant, and the change to its site.
VARIANTS = {
    "as shipped": ("ours", lambda site: site),
    "a FastCGI connection for each request": ("ours", contestants.connect_each_time),
    "fewer kept connections": (
        "ours",
        lambda site: re.sub(r"include [^;]*kept-connections.conf\";", "keepalive 64;", site),
    ),
    "multi_accept on": ("ours", with_event("multi_accept on")),
    "accept_mutex on": ("ours", with_event("accept_mutex on")),
    "reuseport": ("ours", lambda site: re.sub(r"(listen [^;]+);", r"\1 reuseport;", site)),
    "log buffered, 64 KiB": ("ours", with_log("access.log json buffer=64k flush=1s")),
    "no access log": ("ours", with_log("off")),
    "one worker": ("ours", lambda site: re.sub(r"worker_processes +auto", "worker_processes 1", site)),
}


def start(name, upstream):
    kind, change = VARIANTS[name]
    contestant = contestants.start(kind, upstream, POINT.scheme, POINT.delay)
    contestant.nginx.stop()
    site = Nginx(contestant.folder, contestant.socket, change=change, stop_signal=signal.SIGQUIT)
    contestant.nginx, contestant.port = site.child, site.port
    preflight.check(contestant, upstream, "variants")
    return contestant


def main():
    raise_descriptor_limit()
    shutil.rmtree(WORK / "run", ignore_errors=True)
    (WORK / "run").mkdir(parents=True)
    make_certificates()
    figures = {name: [] for name in VARIANTS}
    upstream = Upstream()
    try:
        for number in range(ROUNDS):
            names = list(VARIANTS)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                contestant = start(name, upstream)
                try:
                    figures[name].append(measure(contestant, upstream, POINT, PLAN)[0])
                finally:
                    contestant.stop()
    finally:
        upstream.stop()
    print("| | requests/s | × its shipped form | responder CPU s/1,000 | nginx CPU s/1,000 | p99 ms |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, rounds in figures.items():
        pairs = zip(rounds, figures["as shipped"], strict=True)
        ratio = statistics.median(mine["rps"] / shipped["rps"] for mine, shipped in pairs)
        columns = ("responder_cpu_s_per_1000", "nginx_cpu_s_per_1000", "p99_ms")
        rps, *others = (statistics.median(figure[column] for figure in rounds) for column in ("rps", *columns))
        print(f"| {name} | {rps:,.0f} | {ratio:.2f} | " + " | ".join(f"{value:.3f}" for value in others) + " |")


if __name__ == "__main__":
    main()
