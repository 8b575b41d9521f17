"""TERM that comes while the container starts: it counts, from the first instruction on."""

import collections
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys

import pytest
from entrypoint import GID, UID, Container
from testbed import http_client
from testbed.places import ROOT
from testbed.ports import free_port
from testbed.processes import wait_until
from testbed.servers import Sandbox

# More by hand: TERM_TRIALS=500 Tests/run.sh Tests/API -k test_container_start
TRIALS = int(os.environ.get("TERM_TRIALS", "40"))


def nothing_is_left(image):
    processes = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return str(image.folder) not in processes


def assert_ends_with_0(image, *options, milliseconds):
    """Each time, and nothing of it is left."""
    # Most of the later ones wait for what has been started to end in order.
    trials = TRIALS if milliseconds < 100 else TRIALS // 4
    if os.geteuid() == 0:
        options += ("--user", f"{UID}:{GID}")
    log = image.folder / "early.log"
    with open(log, "w", encoding="utf-8") as file:
        if os.geteuid() == 0:
            os.chown(log, UID, GID)
        early_term = [sys.executable, ROOT / "Tests/API/early_term.py", *options, str(trials), str(milliseconds)]
        environment = image.environment(PORT=str(free_port()))
        command = [*early_term, *image.command]
        found = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=file, text=True, check=True)
    wait_until(lambda: nothing_is_left(image), "nothing of it is left")
    assert dict(collections.Counter(found.stdout.split())) == {"0": trials}


@pytest.mark.parametrize("milliseconds", [1, 50, 500])
def test_term_in_the_first_moments_ends_it_with_0(image, milliseconds):
    assert_ends_with_0(image, milliseconds=milliseconds)


@pytest.mark.skipif(os.geteuid() != 0, reason="a namespace for process ids takes root")
@pytest.mark.parametrize("milliseconds", [0.05, 1, 50, 500])
def test_term_in_the_first_moments_ends_it_with_0_as_pid_1(image, milliseconds):
    assert_ends_with_0(image, "--first-process", milliseconds=milliseconds)


def test_term_to_every_process_at_once_ends_it_with_0(image):
    for _ in range(10):
        container = Container(image).wait_until_ready()
        wait_until(lambda container=container: container.workers() == 2, "2 workers")
        pids = [pid for pids in container.processes().values() for pid in pids]
        for pid in [container.child.process.pid, *pids]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        # Longer than the container itself waits before it kills, and says so.
        assert container.child.process.wait(30) == 0, container.text()


def test_term_lets_a_request_in_flight_finish(image):
    sandbox = Sandbox(image.folder, "--delay", "500")
    container = Container(image, AUTH_ENDPOINT=sandbox.auth_endpoint).wait_until_ready()
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            body = b'{"code":"%s"}' % sandbox.code().encode()
            answer = threads.submit(http_client.request, container.port, "POST", "/auth_exchange", body=body)
            wait_until(lambda: sandbox.call_count() == 1, "the call is under way")
            assert container.stop() == 0
            assert answer.result().status == 200
    finally:
        container.stop()
        sandbox.stop()


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 0)])
def test_container_init_ends_as_its_command_does(image, script, code):
    assert subprocess.run([image.command[0], "sh", "-c", script], check=False, timeout=30).returncode == code


def test_container_init_leaves_nothing_behind(image):
    script = f"sh -c 'sleep 60; true' {image.folder} & exit 0"
    subprocess.run([image.command[0], "sh", "-c", script], check=True, timeout=30)
    wait_until(lambda: nothing_is_left(image), "nothing of it is left")


def test_container_init_says_what_it_cannot_run(image):
    found = subprocess.run([image.command[0], "/none"], capture_output=True, text=True, check=False, timeout=30)
    assert (found.returncode, found.stderr) == (127, "container-init: /none: No such file or directory\n")
