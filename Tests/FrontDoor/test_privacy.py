"""The secret is in the process's environment and memory. Other processes of the same user must not see it there."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from conftest import SETTINGS
from testbed.places import PRODUCTS
from testbed.processes import Child, wait_until
from testbed.servers import CLIENT_SECRET, settings

# Other than root.
USER = 65534
FILES = ("environ", "maps", "mem", "syscall")


def readable(child):
    """The files in /proc that the user's other processes can open, and the start of their text."""
    script = 'for file in "$@"; do (exec 2>/dev/null <"$file" && echo && echo "$file:" && head -c 65536); done'
    folder = f"/proc/{child.process.pid}"
    result = subprocess.run(
        ["sh", "-c", script, "sh", *FILES], cwd=folder, user=USER, group=USER, extra_groups=[], capture_output=True
    )
    text = result.stdout.decode("utf-8", "replace")
    return re.findall(r"^(\w+):$", text, re.MULTILINE), text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes as somebody else")
@pytest.mark.parametrize("command", ["serve", "exchange c", "check --upstream"])
def test_a_process_of_the_same_user_cannot_read_environment_or_memory_and_a_crash_leaves_no_core_file(
    folder, upstream, request, command
):
    folder.chmod(0o777)
    # Only root may have access to the build folder.
    executable = shutil.copy(PRODUCTS / "tiniapp-auth-backend", folder)

    def start(name, environment, *command):
        words = f"setpriv --pdeathsig KILL --reuid {USER} --regid {USER} --clear-groups --".split()
        child = Child(name, [*words, *command], folder / f"{name}.log", environment, signal.SIGKILL)
        request.addfinalizer(child.stop)
        return child

    environment = settings(upstream.auth_endpoint, folder / "fcgi.sock", SWIFT_BACKTRACE="enable=no", **SETTINGS)
    child = start("responder", environment, executable, *command.split())
    child.wait_until_ready(lambda: "listening" in child.text() if command == "serve" else upstream.arrivals)
    own = pathlib.Path(f"/proc/{child.process.pid}")
    assert f"\nUid:\t{USER}\t{USER}\t" in (own / "status").read_text()
    assert readable(child) == ([], "")
    assert re.search(r"Max core file size +0 +0 ", (own / "limits").read_text())

    # Without the responder's own protection, all of it could be read.
    other = start("sleep", {"CLIENT_SECRET": CLIENT_SECRET}, "sleep", "60")
    wait_until(lambda: CLIENT_SECRET in readable(other)[1], "a program that can be read")
    assert readable(other)[0] == list(FILES)
