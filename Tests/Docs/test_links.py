"""Relative links lead to files and headings that exist, and so do the files that a page names."""

import os
import re

import pytest
from testbed.markdown import Page
from testbed.places import ROOT


def files():
    """Every file of the checkout, except for hidden folders and what tools bring along."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "node_modules")))
        yield from (os.path.relpath(os.path.join(folder, name), ROOT) for name in sorted(names))


FILES = list(files())
PAGES = [path for path in FILES if path.endswith(".md")]


def problem(path, target):
    """The problem with a link, or None."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    there = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if not (ROOT / there).exists():
        return f"there is no {there}"
    if anchor and there.endswith(".md") and anchor not in Page(there).anchors:
        return f"{there} has no heading #{anchor}"
    return None


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(path):
    problems = [f"line {line}: {wrong}" for line, target in Page(path).links if (wrong := problem(path, target))]
    assert not problems


@pytest.mark.parametrize("path", PAGES)
def test_named_files_exist(path):
    """Sources and parts of the nginx configuration, by the end of their paths."""
    named = re.findall(r"`((?:[\w@+-]+/)*[\w@+-]+\.(?:swift|conf))`", "\n".join(Page(path).prose))
    missing = {name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in FILES)}
    assert not missing
