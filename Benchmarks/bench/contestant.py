"""The base of all contestants: a port, a folder, settings, start and stop."""

import shutil
import signal

from testbed.ports import free_port
from testbed.processes import Child
from testbed.servers import Nginx, scratch_folder, settings

from . import certificates
from .places import WORK

# The certificates that Python trusts, and the run's own authority.
BUNDLE = WORK / "tls/bundle.pem"


class Contestant:
    """A running contestant. `responder` does the job, `nginx` is in front of it; either may be None."""

    signs = True
    has_responder = True
    has_nginx = True
    # At most. The connections to the upstream that a contestant keeps must be open before the measurement.
    warm_up_clients = 4096
    stop_seconds = 12

    def __init__(self, name, upstream, scheme, delay):
        self.name = name
        self.port = free_port()
        self.responder = None
        self.nginx = None
        self.folder = WORK / "run" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._sockets = scratch_folder()
        self.socket = self._sockets / "fastcgi.sock"
        self.environment = settings(upstream.url(scheme, delay), self.socket)
        if scheme == "https":
            self.environment["UPSTREAM_CA_FILE"] = str(certificates.CA)
            self.environment["REQUESTS_CA_BUNDLE"] = str(BUNDLE)
        try:
            self.start(upstream, scheme, delay)
        except BaseException:
            self.stop()
            raise

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/auth_exchange"

    def start(self, upstream, scheme, delay):
        raise NotImplementedError

    def serve(self, command, **environment):
        self.responder = Child(self.name, command, self.folder / "responder.log", self.environment | environment)

    def front(self, change=lambda site: site):
        """Starts nginx as shipped but for `change`; no limits per client, since all clients here have one address."""
        self.responder.wait_until_ready(self.socket.exists)
        nginx = Nginx(self.folder, self.socket, change=change, name=f"{self.name}'s nginx", stop_signal=signal.SIGQUIT)
        self.nginx, self.port = nginx.child, nginx.port

    def services(self):
        return [service for service in (self.nginx, self.responder) if service]

    def stop(self):
        for service in self.services():
            service.stop(self.stop_seconds)
        shutil.rmtree(self._sockets, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
