"""The pages stay short enough to be read, and the READMEs say which version they speak of."""

import re

import pytest
from testbed.markdown import pages
from testbed.places import read

# Pages to look something up in, and the record of all changes.
REFERENCES = {"docs/log-and-metrics.md", "CHANGELOG.md"}


@pytest.mark.parametrize("path", ["README.md", "README.vi.md"])
def test_readmes_are_short(path):
    """More goes into docs/."""
    text = read(path)
    assert len(text.splitlines()) <= 140 and len(text.split()) <= 900


def test_the_runbook_is_short():
    assert len(read("docs/runbook.md").split()) < 1_500


@pytest.mark.parametrize("path", sorted(set(pages()) - REFERENCES))
def test_pages_are_short(path):
    assert len(read(path).split()) <= 2_000


@pytest.mark.parametrize("path", ["README.md", "README.vi.md"])
def test_the_version_is_this_one(path):
    version = re.search(r'current = "(.+)"', read("Sources/TiniAppAuthBackend/Version.swift"))[1]
    assert version in read(path)
