"""The CPU time, memory and threads of processes, from /proc."""

import os
import time

from testbed.processes import stat_of

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system time (fields 14 and 15 of stat), all threads."""
    total = 0
    for pid in pids:
        fields = stat_of(pid)
        if fields:
            total += int(fields[11]) + int(fields[12])
    return total / _TICK


class Cores:
    """The machine's cores since this was made."""

    def __init__(self):
        self._before = self._times()

    @staticmethod
    def _times():
        """Ticks: all, and idle ones (proc_stat(5); the two of guests are in others)."""
        with open("/proc/stat", encoding="ascii") as file:
            ticks = [int(field) for field in file.readline().split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]

    def idle_percent(self):
        """The share of their time in which they had nothing to do."""
        total, idle = (after - before for after, before in zip(self._times(), self._before, strict=True))
        return 100 * idle / max(total, 1)


def _status(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").split(":", 1) for line in file if ":" in line)
    except (FileNotFoundError, ProcessLookupError):
        return {}


def _sum(pids, field):
    return sum(int(_status(pid).get(field, "0").split()[0]) for pid in pids)


def resident_mb(pids):
    """Memory that several processes share counts once for each."""
    return _sum(pids, "VmRSS") / 1024


def peak_mb(pids):
    """The sum of the processes' own peaks since reset_peak()."""
    return _sum(pids, "VmHWM") / 1024


def threads(pids):
    return _sum(pids, "Threads")


def reset_peak(pids):
    for pid in pids:
        try:
            with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
                file.write("5")
        except OSError:
            # The process is gone, or another user's; then its peak counts from its start.
            continue


def is_quiet_within(seconds, pids):
    """Waits until the last clients' requests are done: until 0.2 s pass without CPU time."""
    end = time.monotonic() + seconds
    before = cpu_seconds(pids)
    while time.monotonic() < end:
        time.sleep(0.2)
        now = cpu_seconds(pids)
        if now == before:
            return True
        before = now
    return not pids
