"""The image's files in a folder: its entrypoint is started without an engine, whose time would be measured too."""

import os
import shutil
import tempfile

from testbed import http_client
from testbed.ports import free_port

from . import certificates
from .places import NGINX_DIR, ROOT, SHIPPED, WORK

# As the Dockerfile's USER.
_UID, _GID = 10001, 0
_LIBRARY = "container-quit-only.so"


class Image:
    """scripts/container-entrypoint.sh with paths in this folder, and on loopback only."""

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="bench-")
        folder = self._folder
        shutil.copy(SHIPPED, folder)
        shutil.copytree(NGINX_DIR, f"{folder}/nginx")
        shutil.copy(WORK / _LIBRARY, folder)
        shutil.copy(certificates.CA, f"{folder}/ca.pem")
        with open(f"{folder}/container-entrypoint", "w", encoding="utf-8") as file:
            file.write(self._script())
        for name in ("container-entrypoint", "tiniapp-auth-backend"):
            os.chmod(f"{folder}/{name}", 0o755)
        self.log = f"{folder}/log"
        with open(self.log, "w", encoding="utf-8"):
            pass
        self.command = [f"{folder}/container-entrypoint"]
        if os.geteuid() == 0:
            # nginx opens /dev/stdout by name, so it must be allowed to open the log.
            for path in (folder, self.log):
                os.chown(path, _UID, _GID)
            self.command = ["setpriv", f"--reuid={_UID}", f"--regid={_GID}", "--clear-groups", *self.command]
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._folder, ignore_errors=True)

    def _script(self):
        script = (ROOT / "scripts/container-entrypoint.sh").read_text()
        for shipped, here in {
            "/tmp/tiniapp-auth-backend": f"{self._folder}/scratch",
            "/etc/tiniapp-auth-backend/nginx": f"{self._folder}/nginx",
            f"/usr/local/lib/{_LIBRARY}": f"{self._folder}/{_LIBRARY}",
            "listen $PORT;": "listen 127.0.0.1:$PORT;",
            "listen [::]:$PORT;": "listen [::1]:$PORT;",
        }.items():
            if shipped not in script:
                raise RuntimeError(f"scripts/container-entrypoint.sh has no {shipped} any more: see bench/container.py")
            script = script.replace(shipped, here)
        return script

    def environment(self, settings):
        """The environment for one start, with its own port."""
        self._port = free_port()
        return {
            **settings,
            "PATH": f"{self._folder}:{settings['PATH']}",
            "PORT": str(self._port),
            "UPSTREAM_CA_FILE": f"{self._folder}/ca.pem",
        }

    def is_answering(self):
        return http_client.is_ok(self._port, "/health/ready")
