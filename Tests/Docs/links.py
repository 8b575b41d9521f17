"""Relative links lead to files and headings that are there, and files that a page names are there too."""

import os
import re

from markdown import Page


def files():
    """Every file of the checkout, hidden folders and what tools bring along aside."""
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "node_modules")))
        for name in sorted(names):
            yield os.path.normpath(os.path.join(folder, name))


def problem(path, target, known):
    """What is wrong with a link, if anything is."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    there = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if not os.path.exists(there):
        return f"there is no {there}"
    if anchor and there.endswith(".md"):
        if there not in known:
            known[there] = Page(there).anchors
        if anchor not in known[there]:
            return f"{there} has no heading #{anchor}"
    return None


def unknown_files(page, paths):
    """Sources and parts of nginx's configuration that the page names, by the end of their paths, and nobody has."""
    named = re.findall(r"`((?:[\w@+-]+/)*[\w@+-]+\.(?:swift|conf))`", "\n".join(page.prose))
    return sorted({name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in paths)})


def check(checks):
    known, paths = {}, list(files())
    for path in paths:
        if path.endswith(".md"):
            page = Page(path)
            found = [(line, target, problem(path, target, known)) for line, target in page.links]
            wrong = [f"line {line}: ({target}): {text}" for line, target, text in found if text]
            checks.none(f"{path}: its {len(found)} links lead somewhere", wrong)
            checks.none(f"{path}: the sources that it names are there", unknown_files(page, paths))
