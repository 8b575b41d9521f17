"""The benchmark's nginx starts with the shipped files that it includes, which change more often than it is run."""

import socket
import sys

from testbed import http_client
from testbed.places import ROOT
from testbed.ports import free_port
from testbed.processes import wait_until

sys.path.insert(0, str(ROOT / "Benchmarks"))
from bench.proxies import Proxy


class Nobody:
    """An upstream that nobody listens at, or can: its port is taken."""

    def __init__(self):
        self._taken = socket.socket()
        self._taken.bind(("127.0.0.1", free_port()))
        self.ports = {("http", 0): self._taken.getsockname()[1]}

    def url(self, scheme, delay):
        return f"{scheme}://localhost:{self.ports[scheme, delay]}"


def test_the_proxy_starts():
    proxy = Proxy("proxy-in-a-test", Nobody(), "http", 0)
    try:
        proxy.nginx.wait_until_ready((proxy.folder / "nginx.pid").exists)
        assert http_client.request(proxy.port, "POST", "/auth_exchange", body=b"{}").status == 502
        wait_until(lambda: '"path":"/auth_exchange"' in (proxy.folder / "access.log").read_text(), "it is logged")
    finally:
        proxy.stop()
