"""SIGHUP reads CLIENT_SECRET_FILE again, while calls are in progress."""

import signal
import time

from conftest import RATE, load, show
from testbed import faults
from testbed.processes import wait_until
from testbed.signatures import signed_with
from testbed.stack import Stack
from testbed.upstream import Upstream

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
