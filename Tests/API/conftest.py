"""Fixtures for the tests of the interface."""

import pytest
from entrypoint import Container, Image
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


@pytest.fixture(scope="module")
def image():
    """The files of the container."""
    image = Image()
    yield image
    image.remove()


@pytest.fixture
def run(image):
    """Starts a container, and stops it after the test."""
    started = []

    def start(**settings):
        started.append(Container(image, **settings))
        return started[-1]

    yield start
    for container in started:
        container.stop()
    image.set_processors(2)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "backend_timeout" in item.name)
