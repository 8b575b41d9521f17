"""nginx/front.conf: its own errors have the envelope, and what it refuses reaches no machine."""

import contextlib
import re

import pytest
from front import HOST, Front, assert_envelope, body_of
from testbed.places import read


@pytest.fixture
def front():
    with contextlib.ExitStack() as started:
        yield Front(started)


def test_a_machine_with_another_hosts_certificate_gets_nothing():
    with contextlib.ExitStack() as started:
        front = Front(started, impostors=["one"])
        answers = [front.post(body_of(number)) for number in range(40)]
        refused = [answer for answer in answers if answer.text != "two"]
        for answer in refused:
            assert_envelope(answer, 502, "backend_unavailable")
        assert refused and len(refused) < 40
        assert not front.bodies[0]


def test_a_body_over_16_kib_or_without_a_length_reaches_no_machine(front):
    assert_envelope(front.post(body_of(0, 16_385)), 413, "payload_too_large")
    assert_envelope(front.post(body_of(0, 60), chunk=7), 411, "length_required")
    assert front.bodies == [{}, {}]


def test_what_nginx_refuses_by_itself_has_the_envelope(front):
    host = f"Host: {HOST}\r\nConnection: close\r\n".encode()
    assert_envelope(front.send(b"GET / HTTP/1.1\r\n\r\n"), 400, "bad_request")
    assert_envelope(front.send(b"GET / HTTP/1.1\r\n" + host + b"\r\n", tls=False), 400, "bad_request")
    assert_envelope(front.send(b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n"), 414, "uri_too_long")
    long = b"GET / HTTP/1.1\r\n" + host + b"X: " + b"x" * 9_000 + b"\r\n\r\n"
    assert_envelope(front.send(long), 431, "headers_too_large")
    trace = front.send(b"TRACE / HTTP/1.1\r\n" + host + b"\r\n")
    assert_envelope(trace, 405, "method_not_allowed")
    assert trace.all("Allow") == ["GET, HEAD, POST"]


def test_a_machines_own_answer_comes_through(front):
    """The machine of this test answers GET with its own page, 501."""
    answer = front.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode(), method="GET")
    assert answer.status == 501 and "Unsupported method" in answer.text


def test_a_machine_that_does_not_answer_is_504():
    with contextlib.ExitStack() as started:
        front = Front(started, read_timeout="1s")
        for machine in front.machines:
            machine.hold()
            started.callback(machine.release)
        assert_envelope(front.post(body_of(0)), 504, "backend_timeout")
        first, second = front.bodies
        assert first + second == {body_of(0): 1}, "it was sent a second time"


@pytest.mark.parametrize("kind", ["reason", "message"])
def test_errors_are_those_of_the_machines(kind):
    def rows(path, name):
        block = re.search(rf"^map \$status \${name} \{{\n(.*?)^\}}", read(path), re.MULTILINE | re.DOTALL)[1]
        return dict(re.findall(r"^ +(\w+) +(.+);$", block, re.MULTILINE))

    own, machines = rows("nginx/front.conf", f"front_{kind}"), rows("nginx/http.conf", f"error_{kind}")
    assert {"413", "502", "504", "default"} <= own.keys()
    assert own.items() <= machines.items()
    # A status without a line would be told as internal_error.
    handled = set(
        re.findall(r"\b4\d\d\b|\b5\d\d\b", " ".join(re.findall(r"error_page (.*);", read("nginx/front.conf"))))
    )
    assert handled - {"494", "495", "496", "497", "500"} | {"default", "431"} == own.keys()
