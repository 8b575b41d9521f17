"""The stand-in for Tiki: an nginx that answers at once or 100 ms later, and counts."""

import json
import re
import signal

from testbed import http_client
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
        self._asked = 0
        wait_until(self._is_up, "the upstream is up", 5)

    def _is_up(self):
        self.service.check()
        return http_client.is_ok(self._figures_port, "/")

    def url(self, scheme, delay):
        return f"{scheme}://{HOST}:{self.ports[scheme, delay]}{PATH}"

    def counts(self):
        """Connections and requests so far, without those of this; over HTTPS, each connection is a TLS handshake."""
        self._asked += 1
        text = http_client.request(self._figures_port, "GET", "/").text
        _, handled, requests = re.search(r"^ (\d+) (\d+) (\d+) $", text, re.MULTILINE).groups()
        return {"connections": int(handled) - self._asked, "requests": int(requests) - self._asked}

    def signed(self):
        """The signature headers of each call for /auth_info."""
        log = self._folder / "signed.log"
        return [json.loads(line) for line in log.read_text().splitlines()]

    def stop(self):
        self.service.stop(5)
