#!/usr/bin/env python3
"""Sends TERM soon after a program's start, again and again, and prints how each run ended.

    early_term.py [--first-process] [--user UID:GID] COUNT MILLISECONDS COMMAND…

The moments are random, in the given time after exec. With --first-process each run is PID 1 of a namespace of its own,
where the kernel drops a signal that nothing waits for; that takes root. One word a line: an exit code, -15 for a death
by TERM, or "ignored" for one that was still there after 30 s. Stops after five that are not 0. The command's standard
output and error are this one's error.
"""

import argparse
import contextlib
import ctypes
import os
import random
import signal
import subprocess
import sys
import time

CLONE_NEWNS = 0x0002_0000
CLONE_NEWPID = 0x2000_0000
MS_REC, MS_PRIVATE = 0x4000, 0x4_0000
LIBC = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def become_first_process():
    """In the child, before exec: mounts a new /proc, as Swift's runtime looks for its threads there."""
    checked(LIBC.unshare(CLONE_NEWNS))
    checked(LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    checked(LIBC.mount(b"proc", b"/proc", b"proc", 0, None))


def start(options):
    """Returns as soon as the command's exec has happened: that is what Popen waits for."""

    def before_exec():
        if options.first_process:
            become_first_process()
        if options.user:
            user, group = map(int, options.user.split(":"))
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)

    here = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        if options.first_process:
            # For the next child; then back again.
            checked(LIBC.unshare(CLONE_NEWPID))
        # No other thread can be in its way.
        return subprocess.Popen(options.command, stdin=subprocess.DEVNULL, stdout=2, preexec_fn=before_exec)
    finally:
        if options.first_process:
            checked(LIBC.setns(here, CLONE_NEWPID))
        os.close(here)


def wait_for_its_turn(process):
    """Until the program blocks TERM, or had the time to: it may have to wait for a processor to begin on."""
    until = time.perf_counter() + 0.005
    while time.perf_counter() < until:
        os.sched_yield()
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            blocked = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
        if blocked & 1 << signal.SIGTERM - 1:
            return


def outcome(options):
    process = start(options)
    wait_for_its_turn(process)
    until = time.perf_counter() + random.uniform(0, options.milliseconds / 1_000)
    while time.perf_counter() < until:
        os.sched_yield()
    process.terminate()
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "ignored"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first-process", action="store_true")
    parser.add_argument("--user")
    parser.add_argument("count", type=int)
    parser.add_argument("milliseconds", type=float)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    # Before whatever else runs on this machine, the program included: or a busy machine decides how the run ends.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    failures = 0
    for _ in range(options.count):
        how = outcome(options)
        print(how, flush=True)
        failures += how != 0
        # Each may have taken 30 s.
        if failures == 5:
            break


if __name__ == "__main__":
    sys.exit(main())
