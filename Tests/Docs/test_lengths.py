"""The pages stay short enough to be read, and the READMEs say which version they speak of."""

import re

import pytest
from testbed.markdown import pages
from testbed.places import read

# Pages to look something up in, and the record of all changes.
REFERENCES = {"docs/log-and-metrics.md", "CHANGELOG.md"}
# More than is in the READMEs goes into docs/.
WORDS = {"README.md": 900, "README.vi.md": 900, "docs/runbook.md": 1_500}


@pytest.mark.parametrize("path", sorted(set(pages()) - REFERENCES))
def test_pages_are_short(path):
    assert len(read(path).split()) <= WORDS.get(path, 2_000)


@pytest.mark.parametrize("path", ["README.md", "README.vi.md"])
def test_the_version_is_this_one(path):
    version = re.search(r'current = "(.+)"', read("Sources/TiniAppAuthBackend/Version.swift"))[1]
    assert version in read(path)
