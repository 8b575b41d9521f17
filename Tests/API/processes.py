"""Child processes: started apart from the terminal, waited for until they are ready, stopped by their id."""

import os
import pathlib
import signal
import subprocess
import time

# Everything else in the environment stays here: it may hold settings, or a secret.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
# Debian keeps nginx where only root's PATH looks.
ENVIRONMENT["PATH"] = ENVIRONMENT.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def wait_until(condition, what, seconds=20.0):
    """Asks again and again, and fails by saying what has not come true."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return result


class Child:
    """A process with a session of its own, so that Ctrl-C reaches the tests alone and they stop it in order.

    It also dies if the tests are killed. That is bound to the thread that starts it: start children on the main one.
    """

    def __init__(self, name, command, folder: pathlib.Path, environment=None, death_signal="KILL"):
        self.name = name
        self.log = folder / f"{name}.log"
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", death_signal, "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT | (environment or {}),
                start_new_session=True,
            )

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, condition):
        def ready():
            if (result := condition()) or self.process.poll() is None:
                return result
            raise RuntimeError(f"{self.name} has ended with {self.process.returncode}: {self.text()[-2000:]}")

        return wait_until(ready, f"{self.name} is ready")

    def send_signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, number=signal.SIGKILL):
        """Asks for an end, then insists."""
        self.send_signal(signal.SIGCONT)
        self.send_signal(number)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
