"""The stand-in for Tiki: an nginx that answers at once or 100 ms later, and counts."""

import http.client
import json
import re
import signal

from testbed.ports import free_port, listen
from testbed.processes import wait_until
from testbed.servers import start_nginx

from . import certificates
from .places import MODULES, WORK, descriptor_limit, fill

PATH = "/tiniapp-open-api/oauth/auth/token"
HOST = "localhost"


class Upstream:
    def __init__(self):
        # By scheme and delay in ms.
        self.ports = {scene: free_port() for scene in (("http", 0), ("http", 100), ("https", 0), ("https", 100))}
        self._figures_port = free_port()
        self._folder = WORK / "run/tiki"
        self._folder.mkdir(parents=True)
        deep = "backlog=8192"
        (self._folder / "nginx.conf").write_text(
            fill(
                "upstream.conf.template",
                MODULE=MODULES / "ngx_http_echo_module.so",
                FILES=descriptor_limit(),
                PLAIN=listen(self.ports["http", 0], deep),
                PLAIN_LATER=listen(self.ports["http", 100], deep),
                TLS=listen(self.ports["https", 0], f"ssl {deep}"),
                TLS_LATER=listen(self.ports["https", 100], f"ssl {deep}"),
                FIGURES=listen(self._figures_port),
                CERTIFICATE=certificates.CERTIFICATE,
                KEY=certificates.KEY,
            )
        )
        self.service = start_nginx("upstream", self._folder, signal.SIGQUIT)
        self._figures = http.client.HTTPConnection("127.0.0.1", self._figures_port, timeout=5)
        wait_until(self._is_up, "the upstream is up", 5)

    def _is_up(self):
        self.service.check()
        try:
            return self.counts()
        except OSError:
            self._figures.close()
            return None

    def url(self, scheme, delay):
        return f"{scheme}://{HOST}:{self.ports[scheme, delay]}{PATH}"

    def counts(self):
        """Connections and requests so far; over HTTPS, each connection is a TLS handshake. This asks on one connection,
        so that it does not count itself."""
        try:
            text = self._ask()
        except (http.client.HTTPException, ConnectionError):
            # The connection was idle for too long, or is not open yet.
            self._figures.close()
            text = self._ask()
        _, handled, requests = re.search(r"^ (\d+) (\d+) (\d+) $", text, re.MULTILINE).groups()
        return {"connections": int(handled), "requests": int(requests)}

    def _ask(self):
        self._figures.request("GET", "/")
        return self._figures.getresponse().read().decode()

    def signed(self):
        """The signature headers of each call for /auth_info."""
        log = self._folder / "signed.log"
        return [json.loads(line) for line in log.read_text().splitlines()]

    def stop(self):
        self._figures.close()
        self.service.stop(5)
