"""The measurements: scenes, points, contestants, durations."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Point:
    """A number of clients, and the scheme and delay (ms) of the upstream."""

    scheme: str
    delay: int
    clients: int

    def __str__(self):
        return f"{self.scheme} {self.delay} ms {self.clients} clients"


@dataclasses.dataclass(frozen=True)
class Plan:
    rounds: int
    # The length of each measurement, and of the warm-up before it.
    seconds: int
    warm_up: int
    # Point → names, in the order of the first round.
    cells: dict
    starts: int
    container_starts: int
    # How long to watch the memory after the burst.
    memory_seconds: int

    def scenes(self):
        """(scheme, delay) → points, in order."""
        scenes = {}
        for point in self.cells:
            scenes.setdefault((point.scheme, point.delay), []).append(point)
        return scenes

    def contestants(self, points):
        return list(dict.fromkeys(name for point in points for name in self.cells[point]))


def _plan(table):
    return {Point(scheme, delay, clients): names.split() for scheme, delay, clients, names in table}


# Contestants are left out where there is nothing to see: Flask only queues clients beyond its threads, and C with 64
# threads does 640 requests/s at 100 ms with any number of clients.
FULL = Plan(
    rounds=3,
    seconds=4,
    warm_up=1,
    starts=20,
    container_starts=10,
    memory_seconds=60,
    cells=_plan(
        [
            ("http", 0, 1, "ours c-64 go lua proxy flask flask-tuned"),
            ("http", 0, 16, "ours c-64 lua proxy"),
            ("http", 0, 64, "ours c-64 c-constant go lua proxy flask flask-tuned upstream"),
            ("http", 0, 256, "ours c-64 lua proxy"),
            ("http", 0, 1024, "ours c-64 go lua proxy flask flask-tuned"),
            ("http", 0, 4096, "ours c-64 proxy"),
            ("https", 0, 1, "ours c-64 proxy"),
            ("https", 0, 64, "ours c-64 go lua proxy flask flask-tuned upstream"),
            ("https", 0, 1024, "ours c-64 lua proxy"),
            ("http", 100, 64, "ours c-64 proxy flask flask-tuned"),
            ("http", 100, 1024, "ours c-1024 go lua proxy flask flask-tuned upstream"),
            ("http", 100, 4096, "ours c-1024 proxy"),
            ("https", 100, 1024, "ours c-1024 proxy"),
            ("https", 100, 4096, "ours c-1024 proxy"),
        ]
    ),
)

QUICK = Plan(
    rounds=1,
    seconds=2,
    warm_up=1,
    starts=10,
    container_starts=3,
    memory_seconds=5,
    cells=_plan(
        [
            ("http", 0, 1, "ours proxy"),
            ("http", 0, 64, "ours c-64 c-constant go lua proxy flask flask-tuned upstream"),
            ("https", 0, 64, "ours c-64 go lua proxy flask upstream"),
            ("http", 100, 1024, "ours c-1024 proxy flask"),
            ("http", 100, 4096, "ours c-1024 proxy"),
        ]
    ),
)
