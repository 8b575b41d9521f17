"""The three servers of a stack, each on its own: Tiki's sandbox, the responder, nginx."""

import atexit
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from testbed import fastcgi, http_client
from testbed.places import PRODUCTS, ROOT
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, SANITIZER_OPTIONS, Child, wait_until

# The pair in Tiki's documentation, which the sandbox has as its default.
CLIENT_KEY = "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W"
CLIENT_SECRET = "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf"
CREDENTIALS = {"CLIENT_KEY": CLIENT_KEY, "CLIENT_SECRET": CLIENT_SECRET}


def scratch_folder():
    """A folder with a short name: the path of a unix socket has room for only some hundred bytes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="testbed-", dir="/tmp"))
    # At the latest; a test whose folders grow large removes them itself.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def certificate(folder, names):
    """The files of a certificate for names such as `DNS:localhost,IP:127.0.0.1`, its own authority, and of its key."""
    pem, key = folder / "tls.pem", folder / "tls.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    command = [*command.split(), "-addext", f"subjectAltName={names}", "-keyout", key, "-out", pem]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return pem, key


class SandboxControl:
    """A running sandbox, from outside."""

    def __init__(self, url):
        self.url = url
        self.port = int(url.rpartition(":")[2])

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
        """Makes the next call that the fault applies to fail, as Sources/TikiSandbox describes it."""
        self.control("POST", "faults", [fault])

    def call_count(self):
        return self.control("GET", "calls")["count"]


class Sandbox(SandboxControl):
    def __init__(self, folder, *options):
        command = [PRODUCTS / "tiki-sandbox", "--quiet", "--host", "127.0.0.1", "--port", "0", *options]
        environment = ENVIRONMENT | {"SWIFT_BACKTRACE": "enable=no"}
        self.child = Child("sandbox", command, folder / "sandbox.log", environment, signal.SIGKILL)
        line = self.child.wait_until_ready(lambda: "\n" in self.child.text() and self.child.text())
        super().__init__(line.split("listening on ")[1].split()[0])

    def stop(self):
        self.child.stop()


def settings(auth_endpoint, socket, **more):
    """The environment of a responder; `more` are further settings."""
    required = {"AUTH_ENDPOINT": auth_endpoint, "LISTEN_SOCKET": str(socket)}
    return {"PATH": ENVIRONMENT["PATH"]} | SANITIZER_OPTIONS | CREDENTIALS | required | more


# Makes a descriptor the one that systemd passes (sd_listen_fds(3)), and becomes the command behind it.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Responder:
    def __init__(self, folder, auth_endpoint, through=(), listener=None, log=None, wait=True, **more):
        """`through` is a command that becomes the responder; `more` are settings.

        With a `listener` it serves that socket, as systemd passes one; else its own. `log` may be a named pipe. Without
        `wait` it may not be ready yet.
        """
        self.socket = folder / "fcgi.sock"
        descriptors = ()
        if listener:
            descriptors = (listener.fileno(),)
            through = [*through, sys.executable, "-c", AS_SYSTEMD, listener.fileno()]
        command = [*through, PRODUCTS / "tiniapp-auth-backend", "serve"]
        environment = settings(auth_endpoint, self.socket, **{"SWIFT_BACKTRACE": "enable=no"} | more)
        log_file = log or folder / "responder.log"
        self.child = Child("responder", command, log_file, environment, signal.SIGKILL, descriptors)
        if wait:
            is_ready = self.is_listening if log else lambda: "listening" in self.child.text()
            self.child.wait_until_ready(is_ready)

    def is_listening(self):
        """Whether the kernel says so: connecting would be noticed."""
        with open("/proc/net/unix", "rb") as file:
            # With the flag __SO_ACCEPTCON.
            return any(b" 00010000 " in line and line.endswith(b" %s\n" % bytes(self.socket)) for line in file)

    def log(self, *expected):
        """Its log as soon as it has these texts: a request's line comes some moments after its answer."""
        wait_until(lambda: all(text in self.child.text() for text in expected), f"the log has {expected}")
        return self.child.text()

    def metrics(self):
        """The value of each sample, by its name with its labels."""
        text = fastcgi.ask(self.socket, fastcgi.request("GET", "/metrics")).text
        samples = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name.removeprefix("tiniapp_auth_"): float(value) for name, _, value in samples}

    def send_signal(self, number):
        self.child.send_signal(number)

    def wait_until_closed(self):
        """Waits until nobody can connect any more."""

        def is_closed():
            try:
                with fastcgi.connect(self.socket):
                    return False
            except OSError:
                return True

        wait_until(is_closed, "the responder's socket is closed")

    def stop(self):
        self.child.stop()


def start_nginx(name, folder, stop_signal=signal.SIGTERM):
    """Debian's nginx, apart from the system's, with folder/nginx.conf; everything that it writes is in that folder.

    It has no environment: that is not its business.
    """
    program = shutil.which("nginx", path=ENVIRONMENT["PATH"])
    command = [program, "-e", "stderr", "-p", folder, "-c", "nginx.conf"]
    return Child(name, command, folder / "nginx.log", {}, stop_signal)


class Nginx:
    """nginx with the local site as it is shipped, or as `change` makes it, in front of a responder."""

    def __init__(
        self, folder, backend_socket, change=lambda text: text, name="nginx", stop_signal=signal.SIGTERM, origins=""
    ):
        """`origins` may ask from a browser: ALLOWED_ORIGINS."""
        environment = ENVIRONMENT | {"ALLOWED_ORIGINS": origins}
        self.folder = folder
        for _ in range(5):
            self.port = free_port()
            render = [ROOT / "scripts/render-nginx.sh", str(self.port), str(backend_socket)]
            site = subprocess.run(
                render, capture_output=True, text=True, check=True, timeout=10, env=environment
            ).stdout
            (folder / "nginx.conf").write_text(change(site))
            self.child = start_nginx(name, folder, stop_signal)
            try:
                # Written once the port is bound.
                self.child.wait_until_ready((folder / "nginx.pid").exists)
                return
            except RuntimeError:
                # Somebody else may have taken the port since.
                if "Address already in use" not in self.child.text():
                    raise
        raise RuntimeError("nginx has found no free port")

    def stop(self):
        self.child.stop()
