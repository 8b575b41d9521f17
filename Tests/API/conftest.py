"""What the tests of the interface share."""

import pytest
from world import World

# Before they are imported, so that a failed assertion in them shows its values.
pytest.register_assert_rewrite("agreement", "documented")


@pytest.fixture(scope="session")
def world():
    world = World()
    try:
        # These answers take nginx's 15 s, so they are requested first and checked last.
        world.silent  # noqa: B018
        yield world
    finally:
        world.stop()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "backend_timeout" in item.name)
