"""What the tests of the interface share."""

import pytest
from world import World

# Before they are imported, so that what they assert is shown with its values.
pytest.register_assert_rewrite("agreement", "documented")


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
