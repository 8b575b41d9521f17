"""The state of a reader's terminal after the blocks of a page so far: `make run` and settings."""

import os
import re
import shutil
import signal
import socket
import subprocess

from testbed import facts
from testbed.places import PRODUCTS, ROOT
from testbed.ports import free_port
from testbed.processes import Child
from testbed.servers import CREDENTIALS, SandboxControl, scratch_folder

# On a clean clone `make run` builds first.
BUILD_SECONDS = 3600
# In place of Docker, which is not here: `make run` is up already, and what is to run in the container runs beside it.
# Tests/Deploy/container.sh has the real container.
DOCKER = """#!/bin/sh
case "$*" in
    "compose up --detach") ;;
    "compose exec demo "*) shift 3 && exec "$@" ;;
    *) echo "no stand-in for docker $*" >&2 && exit 64 ;;
esac
"""


class LocalStack:
    """`make run` on a free port, in the background: sandbox, responder and nginx."""

    def __init__(self, command, environment, scratch):
        self.port = free_port()
        # Never the developer's own .env: its credentials are for Tiki, and the codes here would be sent there.
        environment = environment | {"PORT": str(self.port), "DOTENV": "/dev/null"}
        self.child = Child("make run", ["bash", "-c", command], scratch / "make-run.log", environment)
        # The last line before the logs.
        self.child.wait_until_ready(lambda: "\nCtrl-C stops everything" in self.child.text(), BUILD_SECONDS)
        url = re.search(r"^sandbox=(http://\S+)$", (ROOT / ".run/try").read_text(), re.MULTILINE)[1]
        self.sandbox = SandboxControl(url)

    def stop(self):
        """Sends TERM to make, which passes it on. Returns whether it ended by itself, and left nobody on its port."""
        code = self.child.stop(40)
        with socket.socket() as probe:
            return code != -signal.SIGKILL and probe.connect_ex(("127.0.0.1", self.port)) != 0


class Session:
    def __init__(self):
        self.names = facts.settings()
        self.scratch = scratch_folder()
        self.stack = None
        programs = self.scratch / "bin"
        programs.mkdir()
        (programs / "tiniapp-auth-backend").symlink_to(PRODUCTS / "tiniapp-auth-backend")
        (programs / "docker").write_text(DOCKER)
        (programs / "docker").chmod(0o755)
        # Without the developer's own settings and proxies.
        self.environment = {name: value for name, value in os.environ.items() if name not in self.names}
        self.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "no_proxy": "*", "NO_PROXY": "*"}

    def start_stack(self, command):
        self.stack = LocalStack(command, self.environment, self.scratch)

    def close(self):
        try:
            assert not self.stack or self.stack.stop(), "make run did not end when told to, or left its port taken"
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def settings(self):
        """The environment for a block of the command line or of Cloud Run."""
        settings = CREDENTIALS | {"PROJECT": "a-project", "IMAGE": "registry.example/a-project/image"}
        endpoint = self.stack.sandbox.auth_endpoint if self.stack else "https://tiki.example/oauth/auth/token"
        return settings | {"AUTH_ENDPOINT": endpoint}

    def filled_in(self, text):
        """The block with an actual code, and our own folder in place of /tmp."""
        if "XXXX.YYYY" in text:
            text = text.replace("XXXX.YYYY", self.stack.sandbox.code())
        return text.replace("/tmp/", f"{self.scratch}/")

    def run(self, text):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=ROOT,
            env=self.environment | self.settings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
