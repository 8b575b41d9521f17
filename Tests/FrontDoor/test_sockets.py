"""Its socket: the file that it makes, and one that systemd passes (sd_listen_fds(3))."""

import os
import signal
import socket
import stat

import pytest
from conftest import GREETING, call
from testbed import fastcgi


@pytest.fixture
def listener(folder):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "passed.sock"))
        listener.listen(64)
        yield listener


def after(script):
    """The command that becomes the responder after a script."""
    return ["sh", "-c", f'{script} exec "$@"', "sh"]


def refusal(door):
    """The one sentence of a responder that cannot start."""
    assert door.exit_code() == 1
    (sentence,) = door.complaints()
    return sentence


@pytest.mark.parametrize("umask", ["000", "777"])
def test_the_file_is_open_only_to_owner_and_group_whatever_the_umask_and_is_removed_at_the_end(start, umask):
    door = start(through=after(f"umask {umask};"))
    mode = os.lstat(door.socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    assert door.exit_code(signal.SIGTERM) == 0
    assert not os.path.lexists(door.socket)


def test_an_inherited_socket_is_served_and_stays_open_and_in_place_for_the_next_process(start, listener):
    door = start(listener=listener)
    door.expect_unharmed()
    assert door.exit_code(signal.SIGTERM) == 0
    # No process serves now, but connections are not refused.
    early = door.connect(GREETING)
    assert fastcgi.is_waiting(early)
    door = start(listener=listener)
    assert fastcgi.answer(early).status == 200
    door.expect_unharmed()


def test_an_inherited_socket_is_served_by_the_next_process_while_the_first_one_finishes(start, listener, upstream):
    first = start(upstream, listener)
    peer = first.connect(call())
    upstream.wait_for(1)
    first.send_signal(signal.SIGTERM)
    first.log("shutting down")
    second = start(listener=listener)
    assert {second.ask(GREETING).status for _ in range(20)} == {200}
    assert first.is_running()
    upstream.release()
    assert fastcgi.answer(peer).status == 200
    assert first.exit_code() == 0


# To another process; or none, which is what systemd says with 0.
@pytest.mark.parametrize(("pid", "count"), [("1", "1"), ("0", "1"), ("", "1"), ("x", "1"), ("$$", "0")])
def test_without_a_socket_for_this_process_LISTEN_SOCKET_counts(start, pid, count):
    door = start(through=after(f"LISTEN_PID={pid} LISTEN_FDS={count}"))
    door.expect_unharmed()
    assert door.exit_code(signal.SIGTERM) == 0
    assert door.complaints() == []


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        ("1", "descriptor 3 is no listening unix stream socket"),
        *((count, f"LISTEN_FDS is '{count}', and one socket is expected") for count in ("2", "-1", "x", "01")),
    ],
)
def test_an_inherited_socket_that_cannot_be_used_is_refused_in_one_sentence(start, count, reason):
    door = start(wait=False, through=after(f"exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS={count}"))
    assert f"the socket passed in by LISTEN_FDS cannot be used: {reason}" in refusal(door)
