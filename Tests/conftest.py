"""Fixtures for all tests in Python."""

import signal

import pytest
from testbed.secrets_in_text import hidden
from testbed.stack import Stack


def pytest_configure():
    # What has been started is stopped in order. SIGINT, too, because a shell's background jobs begin without it.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.failed:
        report.longrepr = hidden(str(report.longrepr))
    return report


@pytest.fixture(scope="module")
def stack():
    with Stack() as stack:
        yield stack
