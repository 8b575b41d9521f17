"""Restarts and new secrets, while requests go on."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time

from conftest import show
from faulted import request
from testbed import faults, http_client
from testbed.places import ROOT
from testbed.processes import wait_until
from testbed.servers import CLIENT_SECRET, Nginx, Responder, Sandbox
from testbed.signatures import signed_with
from testbed.stack import Stack
from testbed.upstream import Upstream

RATE = 200


@contextlib.contextmanager
def load(folder, port, codes, *options):
    """Sends codes at the rate, and yields a function that waits for the report."""
    (folder / "codes.json").write_text(json.dumps({"codes": codes}))
    command = [
        sys.executable,
        "-B",
        ROOT / "Tests/Support/testbed/load.py",
        "--port",
        port,
        "--codes",
        folder / "codes.json",
        *options,
    ]
    command += ["--rate", RATE, "--seconds", len(codes) / RATE]
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE) as process:
        try:
            yield lambda: json.loads(process.communicate(timeout=300)[0])
        finally:
            process.kill()


def test_ten_restarts_with_an_inherited_listener_lose_no_request(tmp_path):
    with contextlib.ExitStack() as started:
        sandbox = Sandbox(tmp_path, "--delay", "1000")
        started.callback(sandbox.stop)
        codes = sandbox.control("POST", "codes", {"count": 45 * RATE})["codes"]
        # As long as systemd's queue: it holds the connections that come between one process and the next.
        listener = started.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(tmp_path / "passed.sock"))
        listener.listen(4096)

        def start():
            settings = {"REQUEST_TIMEOUT": "14", "LOG_LEVEL": "notice"}
            responder = Responder(tmp_path, sandbox.auth_endpoint, listener=listener, **settings)
            started.callback(responder.stop)
            return responder

        responder = start()
        nginx = Nginx(tmp_path, listener.getsockname())
        started.callback(nginx.stop)
        with load(tmp_path, nginx.port, codes) as report:
            exits = []
            for _ in range(10):
                time.sleep(1)
                responder.send_signal(signal.SIGTERM)
                exits.append(responder.child.process.wait(60))
                responder = start()
            calls = sandbox.call_count()
            figures = report()
    show("restarts", f"{len(exits)} of them at {RATE} requests a second, {figures}")
    assert calls < len(codes), "requests came until after the last restart"
    assert figures["ok"] == figures["sent"] == len(codes)
    assert exits == [0] * 10


SECRETS = ["the-first-secret-0001", "the-second-secret-0002", "the-third-secret-0003"]


def test_no_call_fails_at_a_sighup_and_later_calls_have_the_new_secret(tmp_path):
    file = tmp_path / "secret"

    def replace(text):
        """With another file, as an operator or a secret manager does."""
        (tmp_path / "new").write_text(text)
        (tmp_path / "new").rename(file)

    replace(SECRETS[0] + "\n")
    # Requests, which are logged at info, are left out, so that only SIGHUP's lines are seen.
    settings = {"CLIENT_SECRET": "", "CLIENT_SECRET_FILE": str(file), "LOG_LEVEL": "notice"}
    # So long that some calls are in progress at any time.
    codes = [faults.credential("delayed", f"n{number}", 0.3) for number in range(14 * RATE)]
    with Upstream() as upstream, Stack(upstream=upstream.auth_endpoint, **settings) as stack:
        responder = stack.responder

        def hang_up(change):
            """Returns what the log says about it, and when the signal was sent and when that was written."""
            time.sleep(2)
            change()
            before = len(responder.child.text())
            sent = time.monotonic()
            responder.send_signal(signal.SIGHUP)
            wait_until(lambda: "\n" in responder.child.text()[before:], "a line about SIGHUP")
            return responder.child.text()[before:], sent, time.monotonic()

        with load(tmp_path, stack.port, codes, "--refreshes") as report:
            upstream.wait_for(1)
            second = hang_up(lambda: replace(SECRETS[1]))
            emptied = hang_up(lambda: replace(""))
            removed = hang_up(file.unlink)
            third = hang_up(lambda: replace(SECRETS[2]))
            figures = report()
        log = responder.child.text()
    signed = [signed_with(arrival, SECRETS) for arrival in upstream.arrivals]
    counts = [signed.count(secret) for secret in SECRETS]
    show("new secrets by SIGHUP", f"{figures}; signed with the first, second, third secret: {counts}")
    assert figures["ok"] == figures["sent"] == len(codes)
    assert sorted(arrival.credential for arrival in upstream.arrivals) == sorted(codes), "each arrived, and once"
    assert min(counts) > RATE
    # A call is signed a moment before it arrives: just after SIGHUP it may have either secret.
    for arrival, secret in zip(upstream.arrivals, signed, strict=True):
        known = sum(read + 0.1 < arrival.time for _, _, read in (second, third))
        begun = sum(sent < arrival.time for _, sent, _ in (second, third))
        assert secret in SECRETS[known : begun + 1]
    assert all('"severity":"NOTICE"' in said for said, _, _ in (second, third))
    assert all('"severity":"ERROR"' in said and "CLIENT_SECRET_FILE" in said for said, _, _ in (emptied, removed))
    assert not [secret for secret in SECRETS if secret in log]


def test_sighup_does_no_harm_when_the_secret_is_in_the_environment():
    statuses = []
    with Upstream(is_holding=True) as upstream, Stack(upstream=upstream.auth_endpoint, LOG_LEVEL="notice") as stack:

        def ask(name):
            answer = http_client.request(
                stack.port, "POST", "/auth_exchange", body=request("success", 0, name).body.encode()
            )
            statuses.append(answer.status)

        in_flight = threading.Thread(target=ask, args=["hup"])
        in_flight.start()
        upstream.wait_for(1)
        before = len(stack.responder.child.text())
        for _ in range(3):
            stack.responder.send_signal(signal.SIGHUP)
        wait_until(lambda: len(stack.responder.child.text()) > before, "a line about SIGHUP")
        upstream.release()
        in_flight.join(60)
        ask("after")
        stack.responder.child.check()
    assert statuses == [200, 200]
    assert [signed_with(arrival, [CLIENT_SECRET]) for arrival in upstream.arrivals] == [CLIENT_SECRET] * 2
