"""No code and no token stays in the responder's memory: buffers are wiped where they are freed or reused."""

import json
import os

import pytest
from testbed import fastcgi, http_client
from testbed.stack import Stack


def memory(pid):
    """All that the process can write to."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            area, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(number, 16) for number in area.split("-"))
            mem.seek(start)
            yield mem.read(end - start)


def found(pid, *texts):
    return [text for text in texts if any(text.encode() in part for part in memory(pid))]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a process that keeps it private")
def test_no_code_and_no_token_stays_in_memory():
    with Stack() as stack:
        pid = stack.responder.child.process.pid

        def ask(path, key, value):
            answer = http_client.request(stack.port, "POST", path, body=json.dumps({key: value}).encode())
            # Its line comes at the end, and the loop has left the request behind when it answers another.
            stack.responder.log(f"POST {path} 200")
            fastcgi.ask(stack.responder.socket, fastcgi.request("GET", "/health/live"))
            data = answer.json["data"]
            assert found(pid, value, *(text for name, text in data.items() if name.endswith("token"))) == []
            return data

        tokens = ask("/auth_exchange", "code", stack.sandbox.code())
        tokens = ask("/auth_refresh", "refresh_token", tokens["refresh_token"])
        ask("/auth_info", "access_token", tokens["access_token"])
        # The search finds what is there.
        assert found(pid, "X-Tiniapp-Client-Id")
