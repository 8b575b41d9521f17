"""scripts/container-entrypoint.sh without an engine: what the image has lies in a folder, and PORT is loopback's."""

import contextlib
import os
import pathlib
import shutil
import subprocess

from testbed import http_client
from testbed.places import PRODUCTS, ROOT
from testbed.ports import free_port
from testbed.processes import ENVIRONMENT, Child, wait_until
from testbed.servers import CREDENTIALS, scratch_folder

# As the Dockerfile's USER.
UID, GID = 10001, 0


def compiled(source, target, *options):
    # Swift's own, where it is not on the PATH.
    beside_swift = os.path.join(os.path.dirname(os.path.realpath(shutil.which("swift") or "/")), "clang")
    compiler = shutil.which("clang") or shutil.which("cc") or beside_swift
    command = [compiler, "-O2", "-Wall", "-Werror", "-s", *options, "-o", target, ROOT / "scripts" / source]
    subprocess.run(command, check=True)


class Image:
    """The files. `prefix` is how the container's user is taken on."""

    def __init__(self):
        self.folder = scratch_folder()
        self.scratch = self.folder / "scratch"
        self.cpu_max = self.folder / "cpu.max"
        shutil.copytree(ROOT / "nginx", self.folder / "nginx")
        compiled("container-quit-only.c", self.folder / "container-quit-only.so", "-shared", "-fPIC")
        compiled("container-init.c", self.folder / "container-init", "-static", "-Wl,-e,first_instructions")
        (self.folder / "tiniapp-auth-backend").symlink_to((PRODUCTS / "tiniapp-auth-backend").resolve())
        self.default_port = free_port()
        script = (ROOT / "scripts/container-entrypoint.sh").read_text()
        for shipped, here in {
            "/tmp/tiniapp-auth-backend": str(self.scratch),
            "/etc/tiniapp-auth-backend/nginx": str(self.folder / "nginx"),
            "/usr/local/lib/container-quit-only.so": str(self.folder / "container-quit-only.so"),
            "/sys/fs/cgroup/cpu.max": str(self.cpu_max),
            "PORT:-8080": f"PORT:-{self.default_port}",
            "listen $PORT;": "listen 127.0.0.1:$PORT;",
            "listen [::]:$PORT;": "listen [::1]:$PORT;",
        }.items():
            assert shipped in script, f"scripts/container-entrypoint.sh has no {shipped} any more"
            script = script.replace(shipped, here)
        self._write("container-entrypoint", script)
        self.set_processors(2)
        self.prefix = []
        if os.geteuid() == 0:
            self.prefix = ["setpriv", f"--reuid={UID}", f"--regid={GID}", "--clear-groups", "--"]
            os.chown(self.folder, UID, GID)
        self.command = [str(self.folder / "container-init"), str(self.folder / "container-entrypoint")]

    def _write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def set_processors(self, count, cpu_max="max 100000"):
        self._write("nproc", f"#!/bin/sh\necho {count}\n")
        self.cpu_max.write_text(f"{cpu_max}\n")

    def environment(self, **settings):
        # Nothing listens there, and nobody asks.
        quiet = {"AUTH_ENDPOINT": "http://127.0.0.1:9/auth/token", "UPSTREAM_WARM_CONNECTIONS": "0"}
        path = {"PATH": f"{self.folder}:{ENVIRONMENT['PATH']}", "SWIFT_BACKTRACE": "enable=no"}
        return ENVIRONMENT | CREDENTIALS | quiet | path | settings

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Container:
    """One that runs, and answers on `port`."""

    def __init__(self, image, before=(), **settings):
        self.image = image
        shutil.rmtree(image.scratch, ignore_errors=True)
        if "PORT" not in settings:
            settings["PORT"] = str(free_port())
        self.port = int(settings["PORT"] or image.default_port)
        log = image.folder / "container.log"
        # nginx opens /dev/stdout by its name, which takes rights to the file.
        log.touch()
        if os.geteuid() == 0:
            os.chown(log, UID, GID)
        command = [*before, *image.prefix, *image.command]
        self.child = Child("container", command, log, image.environment(**settings))

    def wait_until_ready(self):
        has_nginx = (self.image.scratch / "nginx.pid").exists
        self.child.wait_until_ready(lambda: has_nginx() and http_client.is_ok(self.port, "/health/ready"))
        return self

    def processes(self, start=""):
        """The ids of its processes whose command line starts like that."""
        found = []
        for pid in self.child.pids():
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{pid}/cmdline").read_text().startswith(start):
                    found.append(pid)
        return found

    def wait_for_workers(self, count):
        """They start after their master has written its id."""
        wait_until(lambda: len(self.processes("nginx: worker process")) == count, f"{count} workers")

    def stop(self):
        """As an engine would; the exit code."""
        return self.child.stop(15)
