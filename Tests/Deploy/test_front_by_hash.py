"""nginx/front.conf: the same body goes to the same machine."""

import contextlib
import subprocess

import pytest
from front import ADDRESSES, HOST, Front, assert_envelope, body_of


@pytest.fixture
def front():
    with contextlib.ExitStack() as started:
        yield Front(started)


# 16 KiB is the most that a body may have.
@pytest.mark.parametrize("size", [60, 900, 16_384])
def test_one_token_from_four_addresses_goes_to_one_machine(front, size):
    for number in range(20):
        body = body_of(number, size)
        assert len(body) == size
        told = {front.post(body, address).text for address in ADDRESSES}
        assert len(told) == 1, f"token {number} went to both"
    # Each body arrived whole, as often as it was sent, at one of the two.
    first, second = front.bodies
    assert first + second == {body_of(number, size): 4 for number in range(20)}
    assert first and second, "all tokens went to one machine: is $request_body empty?"


def test_the_same_over_http_2():
    """As front.conf says it for nginx before 1.25.1, which later ones still read."""
    with contextlib.ExitStack() as started:
        front = Front(started, listen="ssl http2")
        for number in range(20):
            body = body_of(number, 16_384)
            told = set()
            for address in ADDRESSES:
                options = ["--http2", "--interface", address, "--resolve", f"{HOST}:{front.port}:127.0.0.1"]
                # No length is announced for what comes from standard input.
                for length in ([], ["-H", "Content-Length: 16384"]):
                    command = ["curl", "-sS", "--max-time", "60", *options, *length]
                    command += ["--cacert", front.folder / "tls.pem", "-w", " %{http_version}", "-X", "POST", "-T", "-"]
                    command.append(f"https://{HOST}:{front.port}/auth_refresh")
                    told.add(subprocess.run(command, input=body, capture_output=True, check=True).stdout)
            assert told in ({b"one 2"}, {b"two 2"})
        first, second = front.bodies
        assert first + second == {body_of(number, 16_384): 8 for number in range(20)}
        assert first and second


def test_nothing_moves_to_the_other_machine_when_one_is_down(front):
    before = {number: front.post(body_of(number)).text for number in range(40)}
    front.machines[0].stop()
    for _ in range(3):
        for number, machine in before.items():
            answer = front.post(body_of(number))
            if machine == "one":
                assert_envelope(answer, 502, "backend_unavailable")
            else:
                assert answer.status == 200
    assert set(before.values()) == {"one", "two"}
