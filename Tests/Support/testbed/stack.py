"""Sandbox, responder and nginx on loopback.

stack.py COMMAND…       starts them and runs the command with BASE_URL and SANDBOX_URL in its environment
"""

import contextlib
import os
import shutil
import subprocess
import sys

from testbed.servers import Nginx, Responder, Sandbox, scratch_folder


class Stack:
    """Starts what it is not given; `stop()` stops that, nginx first."""

    def __init__(self, sandbox=None, sandbox_options=(), upstream=None, **settings):
        """With `upstream`, the responder calls that, and there is no sandbox. `settings` are the responder's."""
        with contextlib.ExitStack() as started:
            folder = scratch_folder()
            started.callback(shutil.rmtree, folder, ignore_errors=True)
            self.sandbox = sandbox
            if not (sandbox or upstream):
                self.sandbox = Sandbox(folder, *sandbox_options)
                started.callback(self.sandbox.stop)
            self.responder = Responder(folder, upstream or self.sandbox.auth_endpoint, **settings)
            started.callback(self.responder.stop)
            self.nginx = Nginx(folder, self.responder.socket, origins=settings.get("ALLOWED_ORIGINS", ""))
            started.callback(self.nginx.stop)
            self._started = started.pop_all()

    @property
    def port(self):
        return self.nginx.port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self._started.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def main():
    with Stack() as stack:
        environment = os.environ | {"BASE_URL": stack.url, "SANDBOX_URL": stack.sandbox.url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main() if len(sys.argv) > 1 else __doc__)
