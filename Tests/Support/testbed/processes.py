"""Child processes: started apart from the terminal, waited for until they are ready, stopped by their id."""

import contextlib
import os
import re
import signal
import subprocess
import time
from typing import NamedTuple

# The rest of the environment is left out: it may hold settings, or a secret.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
# For products that are built with a sanitizer.
SANITIZER_OPTIONS = {name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
# Debian keeps nginx where only root's PATH looks.
ENVIRONMENT["PATH"] = ENVIRONMENT.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def wait_until(condition, what, seconds=60.0, interval=0.02):
    """Polls until `condition` returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(interval)
    return result


class Child:
    """A program and everything that it starts, such as nginx's workers.

    It has a session of its own: Ctrl-C reaches only the tests, which then stop their children in order. It also dies if
    the tests are killed. That is bound to the thread that starts it, so start children on the main thread.
    """

    def __init__(self, name, command, log, environment=None, stop_signal=signal.SIGTERM, descriptors=()):
        """Without `environment` it inherits this process's. It keeps these descriptors, under the same numbers."""
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        death_signal = "KILL" if stop_signal == signal.SIGKILL else "TERM"
        with open(log, "wb") as output:
            # setpriv becomes the command, so the id stays.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", death_signal, "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                pass_fds=descriptors,
            )

    def text(self):
        """All that it has written; nothing of what a pipe took."""
        if not os.path.isfile(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def last_words(self):
        return "\n".join(self.text().splitlines()[-10:])

    def check(self):
        """Raises an error with its last words if it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} has ended with code {self.process.returncode}:\n{self.last_words()}")

    def wait_until_ready(self, condition, seconds=60.0):
        """Returns what `condition` returns, once that is true; stops the child if it does not get ready."""
        try:
            return wait_until(lambda: condition() or self.check(), f"{self.name} is ready", seconds)
        except BaseException:
            self.stop()
            raise

    def send_signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def pids(self):
        """Every process of its session."""
        return [pid for pid in all_pids() if (fields := stat_of(pid)) and int(fields[3]) == self.process.pid]

    def stop(self, seconds=5.0):
        """Sends the stop signal, then kills what is left of its session. Returns the exit code."""
        self.send_signal(signal.SIGCONT)
        self.send_signal(self.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return self.process.wait()


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


class Figures(NamedTuple):
    """The kernel's, for a process (proc(5))."""

    # In KiB, now and at most.
    resident: int
    peak: int
    threads: int
    # Without those that the Swift runtime opens for signals and timers: some come only after the first answers, and
    # none is a socket, pipe or file.
    descriptors: int
    # Milliseconds so far.
    cpu: int


def figures(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        status = dict(re.findall(r"^(\w+):\s+(\d+)", file.read(), re.MULTILINE))
    targets = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        # It may have been closed since.
        with contextlib.suppress(FileNotFoundError):
            targets.append(os.readlink(f"/proc/{pid}/fd/{number}"))
    descriptors = sum(not target.startswith("anon_inode:") for target in targets)
    # Counted in hundredths of a second: the 14th and the 15th field.
    cpu = sum(map(int, stat_of(pid)[11:13])) * 1000 // os.sysconf("SC_CLK_TCK")
    return Figures(int(status["VmRSS"]), int(status["VmHWM"]), int(status["Threads"]), descriptors, cpu)
