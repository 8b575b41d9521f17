"""Sandbox, responder and nginx on loopback."""

import contextlib
import shutil

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
