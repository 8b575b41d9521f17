"""Restarts, while requests go on."""

import contextlib
import signal
import socket
import time

from conftest import RATE, load, show
from testbed.servers import Nginx, Responder, Sandbox


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
