"""Web servers from Debian's packages, each with the configuration of docs/web-servers.md."""

import json
import os
import pathlib
import re
import shutil
import signal

from testbed import http_client
from testbed.markdown import Page
from testbed.places import PRODUCTS
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child
from testbed.servers import Nginx, scratch_folder

PAGE = Page("docs/web-servers.md")
SOCKET = "/run/tiniapp-auth-backend/production.sock"
MODULES = "/usr/lib/apache2/modules"
PROGRAM = PRODUCTS / "tiniapp-auth-backend"


def configuration(language, socket, number=0):
    """One of the page's, with this socket."""
    text = [block.text for block in PAGE.blocks if block.language == language][number]
    folder = pathlib.Path(socket).parent
    assert "tiniapp-auth-backend" in text and "8080" in text
    text = text.replace(SOCKET, str(socket)).replace("/run/tiniapp-auth-backend", str(folder))
    return text.replace("/var/empty", str(folder)).replace("/usr/local/bin/tiniapp-auth-backend", str(PROGRAM))


class Server:
    """A web server in front of a responder's socket, in the foreground, as this user."""

    names = ("nginx", "lighttpd", "haproxy", "apache", "caddy")

    def __init__(self, name, socket, starting=None):
        """`starting`: the settings with which it starts the responder itself."""
        self.name, self.folder, self.starting = name, scratch_folder(), starting
        self.prefix = "/login" if name == "lighttpd-cgi" else ""
        if name == "nginx":
            self._child = Nginx(self.folder, socket)
            self.port = self._child.port
            return
        self.port = free_port()
        command = getattr(self, f"_{name.replace('-', '_')}")(socket)
        environment = ENVIRONMENT | {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        environment |= starting or {}
        self._child = Child(name, command, self.folder / "log", environment, signal.SIGTERM)
        # Any answer will do.
        self._child.wait_until_ready(lambda: http_client.is_ok(self.port, f"{self.prefix}/health/live"))

    def _write(self, text, name="conf"):
        path = self.folder / name
        path.write_text(text)
        return path

    def _lighttpd(self, socket):
        text = configuration("lighttpd", socket, 1 if self.starting else 0).replace("8080", str(self.port))
        return ["lighttpd", "-D", "-f", self._write(text + 'server.bind = "127.0.0.1"\n')]

    def _lighttpd_cgi(self, socket):
        text = configuration("lighttpd", socket, 2).replace("8080", str(self.port))
        for name, value in self.starting.items():
            text = re.sub(f'("{name}" +=> )"…"', lambda found, value=value: f'{found[1]}"{value}"', text)
        assert "…" not in text
        return ["lighttpd", "-D", "-f", self._write(text + 'server.bind = "127.0.0.1"\n')]

    def _haproxy(self, socket):
        text = configuration("haproxy", socket).replace("bind :8080", f"bind 127.0.0.1:{self.port}")
        return ["haproxy", "-db", "-f", self._write(text)]

    def _apache(self, socket):
        if os.geteuid() == 0:
            pathlib.Path(socket).chmod(0o666)
            pathlib.Path(socket).parent.chmod(0o755)
        return self._apache_command(
            configuration("apache", socket), "mpm_event", "authz_core", "env", "proxy", "proxy_fcgi"
        )

    def _apache_start(self, socket):
        text = configuration("apache", socket, 1)
        for name, value in self.starting.items():
            text = text.replace(f"FcgidInitialEnv {name} …", f'FcgidInitialEnv {name} "{value}"')
        text = "".join(line for line in text.splitlines(True) if "…" not in line)
        if os.geteuid() == 0:
            shutil.chown(pathlib.Path(socket).parent, "www-data")
        return self._apache_command(text, "mpm_event", "authz_core", "fcgid")

    def _apache_command(self, text, *modules):
        """As root, Apache goes on as a user who must get to the socket and its folder."""
        lines = [f"LoadModule {module}_module {MODULES}/mod_{module}.so" for module in modules]
        lines += [f"ServerRoot {self.folder}", "ServerName localhost", f"PidFile {self.folder}/pid"]
        lines += ["ErrorLog /dev/stderr", "User www-data", "Group www-data"]
        lines.append(text.replace("Listen 8080", f"Listen 127.0.0.1:{self.port}"))
        return ["apache2", "-D", "FOREGROUND", "-f", self._write("\n".join(lines))]

    def _caddy(self, socket):
        text = configuration("caddy", socket).replace(":8080 {", f":{self.port} {{\n    bind 127.0.0.1")
        text = "{\n    admin off\n    auto_https off\n}\n" + text
        return ["caddy", "run", "--adapter", "caddyfile", "--config", self._write(text)]

    def get(self, path, *fields, method="GET"):
        return http_client.request(self.port, method, self.prefix + path, fields)

    def post(self, path, value, *fields):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return http_client.request(self.port, "POST", self.prefix + path, fields, body)

    def stop(self):
        self._child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
