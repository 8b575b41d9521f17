"""Answers whose head never ends, many at once: 502, and no memory for them."""

import concurrent.futures
import re

from testbed import fastcgi
from testbed.faults import credential
from testbed.servers import Responder, scratch_folder
from testbed.upstream import Upstream

COUNT = 300
LARGEST_MB = 64


def peak_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


def test_300_endless_heads_are_cut_off_and_cost_no_memory(capsys):
    with Upstream() as upstream:
        responder = Responder(scratch_folder(), upstream.auth_endpoint)
        try:

            def ask(number):
                body = b'{"code":"%s"}' % credential("endless_head", number).encode()
                return fastcgi.ask(responder.socket, fastcgi.request("POST", "/auth_exchange", body)).status

            with concurrent.futures.ThreadPoolExecutor(COUNT) as pool:
                assert set(pool.map(ask, range(COUNT))) == {502}
            peak = peak_mb(responder.child.process.pid)
        finally:
            responder.stop()
    with capsys.disabled():
        print(f"\n    {COUNT} endless heads: peak {peak:.0f} MB")
    assert peak < LARGEST_MB
