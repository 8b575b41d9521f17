"""TERM that comes while the container starts: it counts, from the first instruction on."""

import contextlib
import os
import pathlib
import random
import re
import signal
import subprocess
import time

import pytest
from entrypoint import Container
from testbed.processes import wait_until

# More by hand: TERM_TRIALS=500 Tests/run.sh Tests/API -k test_container_start
TRIALS = int(os.environ.get("TERM_TRIALS", "40"))
# PID 1 of a namespace of its own, where the kernel drops a signal that nothing waits for.
AS_PID_1 = ("unshare", "--pid", "--fork", "--mount-proc")


def wait_until_nothing_is_left(image):
    def is_gone():
        processes = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
        return str(image.folder) not in processes

    wait_until(is_gone, "nothing of it is left")


def init_of(container, before):
    """The id of container-init as soon as it blocks TERM."""
    pid = container.child.process.pid
    if before:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            return None
        pid = int(children[0])
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    blocked = int(re.search(r"^SigBlk:\s+(\w+)", status, re.MULTILINE)[1], 16)
    # Asleep, it waits for signals, and the kernel does not count those as blocked.
    blocks_term = blocked & 1 << signal.SIGTERM - 1 or "\nState:\tS" in status
    return pid if "Name:\tcontainer-init\n" in status and blocks_term else None


def exit_code(image, before, milliseconds):
    """Of a container that gets TERM at some moment in that time."""
    container = Container(image, before)
    try:
        init = wait_until(lambda: init_of(container, before), "container-init", interval=0)
        time.sleep(random.uniform(0, milliseconds / 1_000))
        os.kill(init, signal.SIGTERM)
        return container.child.process.wait(30)
    finally:
        container.stop()


@pytest.mark.parametrize("milliseconds", [0.05, 1, 50, 500])
@pytest.mark.parametrize("before", [(), AS_PID_1], ids=["", "as PID 1"])
def test_term_in_the_first_moments_ends_it_with_0(image, before, milliseconds):
    if before and os.geteuid() != 0:
        pytest.skip("a namespace for process ids takes root")
    # Most of the later ones wait for what has been started to end in order.
    trials = TRIALS if milliseconds < 100 else TRIALS // 4
    assert [exit_code(image, before, milliseconds) for _ in range(trials)] == [0] * trials
    wait_until_nothing_is_left(image)


def test_term_to_every_process_at_once_ends_it_with_0(image):
    for _ in range(10):
        container = Container(image).wait_until_ready()
        container.wait_for_workers(2)
        for pid in container.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        # Longer than the container itself waits before it kills, and says so.
        assert container.child.process.wait(30) == 0, container.child.text()


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 0), ("sh -c 'sleep 60; true' {} & exit 0", 0)],
)
def test_container_init_ends_as_its_command_does_and_leaves_nothing_behind(image, script, code):
    command = [image.command[0], "sh", "-c", script.format(image.folder)]
    assert subprocess.run(command, check=False, timeout=30).returncode == code
    wait_until_nothing_is_left(image)


def test_container_init_says_what_it_cannot_run(image):
    found = subprocess.run([image.command[0], "/none"], capture_output=True, text=True, check=False, timeout=30)
    assert (found.returncode, found.stderr) == (127, "container-init: /none: No such file or directory\n")
