"""The three servers of a stack, each on its own: Tiki's sandbox, the responder, nginx."""

import json
import os
import pathlib
import signal
import socket
import tempfile

import http_client
from processes import Child, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRODUCTS = ROOT / os.environ.get("PRODUCTS_DIRECTORY", ".build/debug")

# The pair of Tiki's documentation, the sandbox's default.
CLIENT_KEY = "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W"
CLIENT_SECRET = "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf"


def scratch_folder():
    """A folder with a short name: the path of a unix socket has room for some hundred bytes only."""
    return pathlib.Path(tempfile.mkdtemp(prefix="api-", dir="/tmp"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sandbox:
    def __init__(self, folder, *options):
        command = [PRODUCTS / "tiki-sandbox", "--quiet", "--host", "127.0.0.1", "--port", "0", *options]
        self.child = Child("sandbox", command, folder, {"SWIFT_BACKTRACE": "enable=no"})
        line = self.child.wait_until_ready(lambda: "\n" in self.child.text() and self.child.text())
        self.url = line.split("listening on ")[1].split()[0]
        self.port = int(self.url.rpartition(":")[2])

    @property
    def auth_endpoint(self):
        return f"{self.url}/tiniapp-open-api/oauth/auth/token"

    def control(self, method, what, value=None):
        body = None if value is None else json.dumps(value).encode()
        answer = http_client.request(self.port, method, f"/sandbox/{what}", body=body)
        if answer.status != 200:
            raise RuntimeError(f"sandbox: {answer.status} {answer.text}")
        return answer.json

    def code(self, **wishes):
        return self.control("POST", "codes", wishes)["code"]

    def fault(self, **fault):
        """Makes the next call that the fault is for go wrong; see Sources/TikiSandbox/Fault+Decodable.swift."""
        self.control("POST", "faults", [fault])

    def call_count(self):
        return self.control("GET", "calls")["count"]

    def stop(self):
        self.child.stop()


class Responder:
    def __init__(self, folder, auth_endpoint, through=(), **settings):
        """`through` is a command that becomes the responder."""
        self.socket = folder / "fcgi.sock"
        environment = {
            "CLIENT_KEY": CLIENT_KEY,
            "CLIENT_SECRET": CLIENT_SECRET,
            "AUTH_ENDPOINT": auth_endpoint,
            "LISTEN_SOCKET": str(self.socket),
            "SWIFT_BACKTRACE": "enable=no",
        }
        command = [*through, PRODUCTS / "tiniapp-auth-backend", "serve"]
        self.child = Child("responder", command, folder, environment | settings)
        self.child.wait_until_ready(lambda: "listening" in self.child.text())

    def send_signal(self, number):
        self.child.send_signal(number)

    def wait_until_logged(self, text):
        wait_until(lambda: text in self.child.text(), f"the responder logs '{text}'")

    def stop(self):
        self.child.stop()


class Nginx:
    """Debian's nginx, apart from the system's, with the local site as it is shipped."""

    def __init__(self, folder, backend_socket, limited=False, change=lambda text: text):
        for _ in range(5):
            self.port = free_port()
            # Somebody may take it meanwhile: then nginx says so.
            if self._start(folder, backend_socket, limited, change):
                return
        raise RuntimeError("nginx has found no free port")

    def _start(self, folder, backend_socket, limited, change):
        prefix = folder / "nginx"
        prefix.mkdir(exist_ok=True)
        error_log = prefix / "error.log"
        error_log.unlink(missing_ok=True)
        configuration = (ROOT / "nginx/local.conf.template").read_text()
        for placeholder, value in {
            "@NGINX_DIR@": str(ROOT / "nginx"),
            "@LISTEN@": f"listen 127.0.0.1:{self.port};",
            "@BACKEND_SOCKET@": str(backend_socket),
            "@LIMITED_CLIENT@": '"$binary_remote_addr"' if limited else '""',
        }.items():
            configuration = configuration.replace(placeholder, value)
        (folder / "nginx.conf").write_text(change(configuration))
        command = ["nginx", "-e", error_log, "-p", prefix, "-c", folder / "nginx.conf"]
        # A killed master would leave its workers.
        self.child = Child("nginx", command, folder, death_signal="TERM")
        try:
            # Written once the port is bound.
            self.child.wait_until_ready(lambda: (prefix / "nginx.pid").exists())
        except RuntimeError as error:
            if error_log.exists() and "Address already in use" in error_log.read_text():
                return False
            raise RuntimeError(f"{error} {error_log.read_text() if error_log.exists() else ''}") from None
        return True

    def stop(self):
        self.child.stop(signal.SIGTERM)
