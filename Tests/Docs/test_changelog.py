"""CHANGELOG.md is by version, newest first, each with a date and the same three headings."""

import datetime
import re

from testbed.markdown import Page

HEADINGS = ["Breaking", "Do this", "New"]


def versions():
    """Version, date and the headings below of each."""
    found = []
    for level, text in Page("CHANGELOG.md").headings:
        if level == 2 and (match := re.fullmatch(r"(\d+)\.(\d+)\.(\d+), (\d{4}-\d{2}-\d{2})", text)):
            found.append((tuple(map(int, match.groups()[:3])), datetime.date.fromisoformat(match[4]), []))
        elif level == 3:
            found[-1][2].append(text)
        else:
            assert text in ("Changes", "Upgrading", "Unreleased"), text
    return found


def test_versions_are_in_order_and_have_dates():
    numbers, dates, _ = zip(*versions(), strict=True)
    assert len(numbers) >= 3
    assert list(numbers) == sorted(set(numbers), reverse=True)
    assert list(dates) == sorted(dates, reverse=True)


def test_each_says_what_breaks_what_to_do_and_what_is_new():
    *later, first = versions()
    assert [headings for _, _, headings in later] == [HEADINGS] * len(later)
    assert not first[2], "nothing came before it"
