"""The run, from first to last."""

import json
import os
import shutil
import signal
import sys
import time

from . import contestants, markdown, memory, preflight, shows, sizes, startup, svg
from .certificates import make_certificates
from .matrix import FULL, QUICK
from .measure import measure
from .places import BENCHMARKS, WORK, raise_descriptor_limit
from .results import Results
from .text import scene, short
from .upstream import Upstream


def say(text=""):
    print(text, flush=True)


def run_scene(upstream, results, number, plan, scheme, delay, points):
    """All points of one upstream, in one round."""
    running = {}

    def restart(name):
        if name in running:
            running.pop(name).stop()
        running[name] = contestants.start(name, upstream, scheme, delay)
        preflight.check(running[name], upstream, f"preflight.{number}")

    try:
        for name in plan.contestants(points):
            restart(name)
        for point in points:
            names = plan.cells[point]
            # Each contestant is first in turn.
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                try:
                    figures, is_quiet = measure(running[name], upstream, point, plan)
                except RuntimeError as error:
                    results.failures.append(f"{point}, {name}, round {number + 1}: {error}")
                    say(f"  {point}: {name} has failed: {error}")
                    results.add(point, name, None)
                    restart(name)
                    continue
                results.add(point, name, figures)
                if not is_quiet:
                    restart(name)
                say(
                    f"  {point.clients:>5} clients  {name:<12} {short(figures['rps']):>7}/s  "
                    f"p50 {short(figures['p50_ms']):>6} ms  p99 {short(figures['p99_ms']):>6} ms  "
                    f"errors {figures['errors']}"
                )
    finally:
        for contestant in running.values():
            contestant.stop()


def run(plan):
    results = Results()
    results.machine = {**sizes.machine(), "rounds": plan.rounds, "seconds": plan.seconds}
    results.binary_mb, results.image_mb = sizes.binary_mb(), sizes.image_mb()
    make_certificates()
    contestants.make_bundle()
    upstream = Upstream()
    try:
        say("Start-up")
        results.startup = startup.all_of_them(upstream, plan)
        for number in range(plan.rounds):
            for (scheme, delay), points in plan.scenes().items():
                say(f"Round {number + 1} of {plan.rounds}, {scene(scheme, delay)}")
                run_scene(upstream, results, number, plan, scheme, delay, points)
        say(f"Memory, idle and after {memory.CLIENTS:,} clients at once")
        results.memory = memory.profiles(upstream, plan)
    finally:
        upstream.stop()
    return results


def report(results, folder, seconds):
    (WORK / "results.json").write_text(json.dumps({**results.json(), "run_seconds": round(seconds)}, indent=1))
    (folder / "results.md").write_text(markdown.document(results, seconds))
    (folder / "results.svg").write_text(svg.picture(results))
    say(f"\nIn {seconds / 60:.1f} minutes. Tables and picture: {folder}/results.md, results.svg.")
    say(f"All figures: {WORK}/results.json\n")
    say(shows.text(results))


def main():
    quick = os.environ.get("QUICK", "0") not in ("", "0")
    folder = WORK if quick else BENCHMARKS
    plan = QUICK if quick else FULL
    raise_descriptor_limit()
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    shutil.rmtree(WORK / "run", ignore_errors=True)
    (WORK / "run").mkdir(parents=True)
    say(f"This takes some {2 if quick else 25} minutes. Nothing else should run on this machine until then.")
    began = time.monotonic()
    try:
        results = run(plan)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(WORK / "run", ignore_errors=True)
    report(results, folder, time.monotonic() - began)


if __name__ == "__main__":
    main()
