"""`make run` on a free port, in the background: sandbox, responder and nginx."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

# Of the sandbox: the pair in Tiki's documentation.
CREDENTIALS = {
    "CLIENT_KEY": "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W",
    "CLIENT_SECRET": "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf",
}
# On a clean clone it builds first.
BUILD_SECONDS = 3600
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class StackError(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LocalStack:
    def __init__(self, command, environment, scratch):
        """Starts the command, and waits until it says that it is ready."""
        self.port = free_port()
        self.output_path = os.path.join(scratch, "make-run.log")
        # Never the developer's own .env: its credentials are for Tiki, and so would be the codes below.
        environment = {**environment, "PORT": str(self.port), "DOTENV": "/dev/null"}
        with open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(
                ["bash", "-c", command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def output(self):
        with open(self.output_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def _wait_until_ready(self):
        until = time.monotonic() + BUILD_SECONDS
        # The last of what it says before the logs.
        while not re.search(r"^Ctrl-C stops everything", self.output, re.MULTILINE):
            if self.process.poll() is not None or time.monotonic() > until:
                raise StackError(f"make run is not ready:\n{self.output}")
            time.sleep(0.2)
        self.sandbox = re.search(r"Another code: curl -s -X POST (http://\S+)/sandbox/codes", self.output)[1]

    @property
    def auth_endpoint(self):
        return f"{self.sandbox}/tiniapp-open-api/oauth/auth/token"

    @property
    def printed_calls(self):
        """The commands that it says to paste."""
        return [line for line in self.output.splitlines() if line.startswith("answer=$(curl ")]

    def new_code(self):
        request = urllib.request.Request(f"{self.sandbox}/sandbox/codes", method="POST")
        with DIRECT.open(request, timeout=10) as answer:
            return json.load(answer)["code"]

    def stop(self):
        """Ends it, as one would from another terminal.

        Returns whether it ended by itself, and left nobody on its port.
        """
        ended = True
        if self.process.poll() is None:
            # To make alone, which passes it on.
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                ended = False
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        with socket.socket() as probe:
            return ended and probe.connect_ex(("127.0.0.1", self.port)) != 0
