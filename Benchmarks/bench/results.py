"""The results of a run, with their medians and the ratios within a round."""

import dataclasses
import statistics


def _median(values):
    return statistics.median(values) if values else None


def _ratio(pairs):
    return _median([one / other for one, other in pairs if other])


class Results:
    def __init__(self):
        # (point, contestant) → figures by round; None where the contestant failed.
        self.rounds = {}
        self.failures = []
        self.startup = {}
        self.memory = {}
        self.binary_mb = None
        self.image_mb = None
        self.machine = {}

    def add(self, point, name, figures):
        self.rounds.setdefault((point, name), []).append(figures)

    def _values(self, point, name, figure):
        return [figures[figure] for figures in self.rounds.get((point, name), []) if figures]

    def median(self, point, name, figure):
        """None if it was not measured."""
        return _median(self._values(point, name, figure))

    def total(self, point, name, figure):
        values = self._values(point, name, figure)
        return sum(values) if values else None

    def _pairs(self, one, other, figure):
        """Of each round that has both."""
        rounds = zip(self.rounds.get(one, []), self.rounds.get(other, []), strict=False)
        return [(first[figure], second[figure]) for first, second in rounds if first and second]

    def ratio(self, point, name, other, figure="rps"):
        """The median of the rounds' ratios: the machine's speed drifts from round to round, for both alike."""
        return _ratio(self._pairs((point, name), (point, other), figure))

    def ratio_of_points(self, name, point, other, figure="rps"):
        """The same for one contestant at two points."""
        return _ratio(self._pairs((point, name), (other, name), figure))

    def difference(self, point, name, other, figure):
        """As ratio()."""
        return _median([first - second for first, second in self._pairs((point, name), (point, other), figure)])

    def startup_ms(self, who):
        return statistics.median(self.startup[who]) * 1000 if self.startup.get(who) else None

    def json(self):
        cells = [
            {**dataclasses.asdict(point), "contestant": name, "rounds": rounds}
            for (point, name), rounds in self.rounds.items()
        ]
        return {**vars(self), "rounds": cells}
