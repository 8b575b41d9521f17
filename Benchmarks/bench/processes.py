"""Starts and stops the programs of a run, each by its process id and in a session of its own."""

import contextlib
import os
import signal
import subprocess
import time


class Service:
    """One program and whatever it starts: gunicorn's or nginx's workers belong to it."""

    def __init__(self, name, command, log, env=None, stop_signal=signal.SIGTERM):
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        self._code = None
        with open(log, "ab") as output:
            # Dies with the run, even if that is killed with -9. setpriv becomes the command: the id stays.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                start_new_session=True,
            )
        self.pid = self.process.pid

    def check(self):
        """Raises if it has ended, with its last words."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} has ended with code {self.process.returncode}:\n{self.last_words()}")

    def last_words(self):
        with open(self.log, errors="replace", encoding="utf-8") as file:
            return "".join(file.readlines()[-10:])

    def pids(self):
        """Every process of its session."""
        return [pid for pid in all_pids() if session_of(pid) == self.pid]

    def stop(self, seconds=12):
        """Asks for an end, then insists, with all that it has left behind."""
        try:
            self.process.send_signal(self.stop_signal)
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        return self.process.returncode


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def stat_of(pid):
    """The fields of /proc/PID/stat from the third on, or None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The name before it may hold spaces and parentheses.
            return file.read().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def session_of(pid):
    fields = stat_of(pid)
    return int(fields[3]) if fields else None


def wait_until(condition, seconds, what, interval=0.02):
    """Polls until `condition` returns something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(interval)
