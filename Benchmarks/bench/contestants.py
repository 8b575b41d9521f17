"""The contestants. Each has its own port, and does the same job with the same upstream."""

import re
import signal
import subprocess

from . import certificates
from .contestant import BUNDLE, Contestant
from .places import BENCHMARKS, NGINX_DIR, SHIPPED, WORK
from .proxies import Go, Lua, Proxy
from .upstream import PATH

VENV = WORK / "venv"
C_RESPONDER = WORK / "c-responder"


def make_bundle():
    """With the certificates that Python trusts as well: loading all of them is part of the cost of a call there."""
    code = "import certifi; print(certifi.contents(), end='')"
    trusted = subprocess.run([VENV / "bin/python", "-c", code], capture_output=True, text=True, check=True).stdout
    BUNDLE.write_text(trusted + "\n" + certificates.CA.read_text())


def connect_each_time(site):
    """The site with a FastCGI connection for each request."""
    routes = WORK / "run/routes.conf"
    routes.write_text(
        (NGINX_DIR / "routes.conf").read_text().replace("fastcgi_keep_conn on;", "fastcgi_keep_conn off;")
    )
    site = re.sub(r"\s+include [^;]*kept-connections.conf\";", "", site)
    return site.replace(f"{NGINX_DIR}/routes.conf", str(routes))


class Ours(Contestant):
    """As shipped, with room for the most clients, and with enough connections: 1,024 of them, at 100 ms each, would end
    at 10,240 requests/s however many clients there are. Its log goes to a file, as does nginx's.
    """

    settings = {"MAX_IN_FLIGHT": "8192", "UPSTREAM_MAX_CONNECTIONS": "1536"}

    def start(self, upstream, scheme, delay):
        self.serve([SHIPPED, "serve"], **self.settings)
        self.front()


class OursByDefault(Ours):
    """As shipped: what an operator's machine needs in memory."""

    settings = {}


class CReference(Contestant):
    """libfcgi and libcurl, one thread for each request in flight, behind the same nginx. A kept connection would keep a
    thread, so each request has its own.
    """

    threads = 64
    change = staticmethod(connect_each_time)

    def start(self, upstream, scheme, delay):
        self.serve([C_RESPONDER], THREADS=str(self.threads))
        self.front(self.change)


class CReferenceManyThreads(CReference):
    threads = 1024


class CConstant(Contestant):
    """An answer about as long as Tiki's, without a call: the limit of a FastCGI responder behind this nginx. Its
    connections are kept, as ours are. Each keeps a thread, so there are some more than clients.
    """

    signs = False

    def start(self, upstream, scheme, delay):
        token = f"{'a' * 43}.{'a' * 43}"
        constant = f'{{"data":{{"access_token":"{token}","refresh_token":"{token}","expires_in":3600}},"error":null}}'
        self.serve([C_RESPONDER], THREADS="256", CONSTANT=constant)
        self.front()


class Flask(Contestant):
    """The tutorial's backend as its Dockerfile runs it: gunicorn without nginx."""

    has_nginx = False
    workers, threads = 1, 8
    # It keeps no connections, and needs a while for the requests of clients that have gone away.
    warm_up_clients = 8
    stop_seconds = 2

    def start(self, upstream, scheme, delay):
        options = f"--bind 127.0.0.1:{self.port} --workers {self.workers} --threads {self.threads} --timeout 0"
        command = [VENV / "bin/gunicorn", "--chdir", BENCHMARKS / "flask", *options.split(), "--no-control-socket"]
        self.serve([*command, "app:app"], PYTHONDONTWRITEBYTECODE="1")
        # At TERM it would first answer everything in its queue.
        self.responder.stop_signal = signal.SIGQUIT


class FlaskTuned(Flask):
    workers, threads = 2, 64


class Direct(Contestant):
    """The upstream itself, to see that it is not the bottleneck."""

    signs = False
    has_responder = False
    has_nginx = False

    url = None

    def start(self, upstream, scheme, delay):
        self.url = f"{scheme}://127.0.0.1:{upstream.ports[scheme, delay]}{PATH}"


KINDS = {
    "ours": (Ours, "tiniapp-auth-backend"),
    "ours-default": (OursByDefault, "tiniapp-auth-backend, all settings the defaults"),
    "c-64": (CReference, "C, 64 threads"),
    "c-1024": (CReferenceManyThreads, "C, 1,024 threads"),
    "c-constant": (CConstant, "C, a constant without a call"),
    "flask": (Flask, "Flask, 1 × 8"),
    "flask-tuned": (FlaskTuned, "Flask, 2 × 64"),
    "go": (Go, "Go, `net/http`"),
    "lua": (Lua, "nginx with Lua"),
    "proxy": (Proxy, "nginx `proxy_pass`"),
    "upstream": (Direct, "upstream itself"),
}


def label(name):
    return KINDS[name][1]


def start(name, upstream, scheme, delay):
    return KINDS[name][0](name, upstream, scheme, delay)
