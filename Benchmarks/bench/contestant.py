"""What all contestants have in common: a port, a folder, settings, and how they are started and stopped."""

import os
import shutil
import subprocess
import tempfile

from . import certificates
from .places import ROOT, WORK
from .ports import free_port
from .processes import Service, wait_until
from .upstream import nginx

# The pair of Tiki's documentation.
CLIENT_KEY = "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W"
CLIENT_SECRET = "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf"
# What Python trusts, and our own authority.
BUNDLE = WORK / "tls/bundle.pem"


class Contestant:
    """One of them, running. `responder` does the job, `nginx` stands before it; either may be None."""

    signs = True
    has_responder = True
    has_nginx = True
    # At most: what a contestant keeps open towards the upstream is to be open before the measurement.
    warm_up_clients = 4096
    stop_seconds = 12

    def __init__(self, name, upstream, scheme, delay):
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/auth_exchange"
        self.responder = None
        self.nginx = None
        self.folder = WORK / "run" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        # A unix socket's path has room for some hundred bytes only.
        self._sockets = tempfile.mkdtemp(prefix="bench-")
        self.socket = os.path.join(self._sockets, "fastcgi.sock")
        self.environment = {
            "PATH": os.environ["PATH"],
            "CLIENT_KEY": CLIENT_KEY,
            "CLIENT_SECRET": CLIENT_SECRET,
            "AUTH_ENDPOINT": upstream.url(scheme, delay),
            "LISTEN_SOCKET": self.socket,
        }
        if scheme == "https":
            self.environment["UPSTREAM_CA_FILE"] = str(certificates.CA)
            self.environment["REQUESTS_CA_BUNDLE"] = str(BUNDLE)
        try:
            self.start(upstream, scheme, delay)
        except BaseException:
            self.stop()
            raise

    def start(self, upstream, scheme, delay):
        raise NotImplementedError

    def serve(self, command, **environment):
        self.responder = Service(
            self.name, command, self.folder / "responder.log", env={**self.environment, **environment}
        )

    def front(self):
        """nginx as shipped, without limits, as everybody here has one address."""
        wait_until(self._is_listening, 20, f"{self.name}'s socket is there")
        render = [ROOT / "scripts/render-nginx.sh", str(self.port), self.socket]
        site = subprocess.run(render, capture_output=True, text=True, check=True, timeout=10).stdout
        (self.folder / "nginx.conf").write_text(site)
        self.nginx = nginx(f"{self.name}'s nginx", self.folder)

    def _is_listening(self):
        self.responder.check()
        return os.path.exists(self.socket)

    def services(self):
        return [service for service in (self.nginx, self.responder) if service]

    def stop(self):
        for service in self.services():
            service.stop(self.stop_seconds)
        shutil.rmtree(self._sockets, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
