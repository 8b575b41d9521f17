"""Unique codes, tokens and secrets go every way through nginx and the responder, and are searched for afterwards."""

import concurrent.futures
import contextlib
import shutil
import signal

import pytest
from canary import Canary, Traffic
from testbed import http_client
from testbed.faults import FAULTS
from testbed.places import ROOT, read
from testbed.processes import wait_until
from testbed.servers import Nginx, Responder, scratch_folder
from testbed.upstream import Upstream


def site(configuration, is_buffered):
    """The local site with more in its error log; with all of a body before it goes on, if it is buffered."""
    limits, included = read("nginx/limits.conf"), f'include "{ROOT}/nginx/limits.conf";'
    off, warn = "fastcgi_request_buffering off;", "error.log warn;"
    assert off in limits and included in configuration and warn in configuration
    if is_buffered:
        configuration = configuration.replace(included, limits.replace(off, "fastcgi_request_buffering on;"))
    return configuration.replace(warn, "error.log info;")


class Servers:
    """What the responder and nginx write is in a folder each."""

    def __init__(self, started, canary, is_buffered):
        root = scratch_folder()
        started.callback(shutil.rmtree, root, ignore_errors=True)
        self.secret = root / "secret"
        self.secret.write_text(f"s{canary.text}\n")
        self.folders = [root / "responder", root / "nginx"]
        for folder in self.folders:
            folder.mkdir()
        self.upstream = started.enter_context(Upstream())
        settings = {"CLIENT_SECRET": "", "CLIENT_SECRET_FILE": str(self.secret), "TMPDIR": str(self.folders[0])}
        settings |= {"LOG_LEVEL": "trace", "REQUEST_TIMEOUT": "1"}
        self.responder = Responder(self.folders[0], self.upstream.auth_endpoint, **settings)
        started.callback(self.responder.stop)
        self.nginx = Nginx(self.folders[1], self.responder.socket, lambda text: site(text, is_buffered))
        started.callback(self.nginx.stop)

    def files(self):
        """All that they have written so far."""
        paths = [path for folder in self.folders for path in folder.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in paths}

    def reload(self, secret):
        self.secret.write_text(secret)
        before = self.responder.child.text().count("reloaded")
        self.responder.send_signal(signal.SIGHUP)
        wait_until(lambda: self.responder.child.text().count("reloaded") > before, "the secret is read again")


# nginx has all of a body before it chooses an instance: docs/scaling.md.
@pytest.fixture(params=[False, True], ids=["as shipped", "bodies first"])
def servers(request, canary):
    with contextlib.ExitStack() as started:
        yield Servers(started, canary, request.param)


@pytest.fixture
def canary():
    return Canary()


def test_secrets_are_in_no_log_metric_file_or_error(servers, canary):
    arrivals, traffic = servers.upstream.arrivals, Traffic(servers.nginx, canary)
    traffic.every_fault()
    traffic.every_mistake()
    for number, secret in enumerate([f"t{canary.text}", f"bad\n{canary.text}", ""]):
        servers.reload(secret)
        traffic.exchange("success", f"hup{number}")
    places = servers.files()
    places["/metrics"] = http_client.request(servers.nginx.port, "GET", "/metrics").body
    # Requests while the responder stops, and after that.
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        last = pool.submit(traffic.exchange, "no_answer", "last")
        wait_until(lambda: any("last" in arrival.credential for arrival in arrivals), "its arrival")
        servers.responder.send_signal(signal.SIGTERM)
        last.result()
    assert servers.responder.child.process.wait(60) == 0
    traffic.exchange("success")
    places |= servers.files()
    places["answers"] = traffic.own_answers

    assert len(arrivals) > 3 * len(FAULTS)
    assert all(canary.traces(arrival.body) for arrival in arrivals)
    signatures = [arrival.values("X-Tiniapp-Signature")[0].encode() for arrival in arrivals]
    assert {len(signature) for signature in signatures} == {64}
    for name in ("access.log", "error.log", "responder.log"):
        assert any(str(place).endswith(f"/{name}") and content for place, content in places.items()), name
    for place, content in places.items():
        assert not canary.traces(content), place
        assert not [signature for signature in signatures if signature in content], place
    # nginx would warn about a body that it writes to one.
    assert b"temporary file" not in places[servers.folders[1] / "error.log"]
