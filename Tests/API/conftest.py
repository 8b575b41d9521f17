"""What the tests share."""

import signal

import pytest
from secrets_in_text import hidden
from world import World

# Before they are imported, so that what they assert is shown with its values.
pytest.register_assert_rewrite("agreement", "documented")


def pytest_configure():
    # What has been started is stopped in order. SIGINT, too, for a shell's background jobs begin without it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


@pytest.fixture(scope="session")
def world():
    world = World()
    try:
        # Takes nginx's 15 s: begun first, asked for last.
        world.silent  # noqa: B018
        yield world
    finally:
        world.stop()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "backend_timeout" in item.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.failed:
        report.longrepr = hidden(str(report.longrepr))
    return report
