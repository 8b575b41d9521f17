"""docs/architecture.md against Package.swift, the sources' imports and their folders."""

import functools
import json
import re
import subprocess

import pytest
from testbed.places import ROOT, read

SOURCES = ROOT / "Sources"
LARGEST_FOLDER = 14


@functools.cache
def targets():
    """The dependencies of each target of Sources on the others."""
    dump = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, capture_output=True, check=True, timeout=300
    ).stdout
    found = {}
    for target in json.loads(dump)["targets"]:
        if (SOURCES / target["name"]).is_dir():
            found[target["name"]] = {entry["byName"][0] for entry in target["dependencies"] if "byName" in entry}
    return found


def rooms():
    """The table of rooms, with the rooms that each uses."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| [^|]+ \|$", read("docs/architecture.md"), re.MULTILINE)
    found = {name: set(re.findall(r"`(\w+)`", uses)) for name, uses in rows}
    # "all of these but …"
    found["TiniAppAuthBackend"] = set(found) - found["TiniAppAuthBackend"] - {"TiniAppAuthBackend", "TikiSandbox"}
    return found


def sources(room):
    return sorted((SOURCES / room).rglob("*.swift"))


def imports(room):
    return {
        name
        for path in sources(room)
        for name in re.findall(r"^(?:@\w+ )?import (\w+)$", path.read_text(), re.MULTILINE)
    }


def test_the_page_has_every_room_and_what_it_uses():
    assert len(targets()) > 5
    assert rooms() == targets()


@pytest.mark.parametrize("room", sorted(path.name for path in SOURCES.iterdir()))
def test_a_room_imports_only_what_it_uses(room):
    assert imports(room) & set(targets()) <= targets()[room]


@pytest.mark.parametrize("room", ["FastCGI", "Text", "Transport", "Upstream", "SharedStore"])
def test_what_carries_bytes_does_not_know_the_mission(room):
    words = re.compile("tiki|refresh|auth_|internal_?paths", re.IGNORECASE)
    assert [path.name for path in sources(room) if words.search(path.read_text())] == []


def test_only_one_folder_calls_libfcgi():
    callers = {path.parent.name for path in SOURCES.rglob("*.swift") if re.search(r"\bFCGX_\w+\(", path.read_text())}
    assert callers == {"Library"}


@pytest.mark.parametrize(
    ("header", "folder"), [("CCares", "Transport/Names"), ("CHiredis", "SharedStore/Redis"), ("CFCGI", "FastCGI")]
)
def test_only_these_folders_see_a_librarys_header(header, folder):
    importers = [path for path in SOURCES.rglob("*.swift") if f"import {header}\n" in path.read_text()]
    assert importers and {path.relative_to(SOURCES).as_posix().startswith(f"{folder}/") for path in importers} == {True}


def test_folders_are_small():
    folders = [SOURCES, *(path for path in SOURCES.rglob("*") if path.is_dir())]
    assert {str(folder): n for folder in folders if (n := len(list(folder.glob("*.swift")))) > LARGEST_FOLDER} == {}


def test_the_number_of_params_that_nginx_passes():
    # Those of /auth_verify, which are indented, are its own.
    passed = re.findall(r"^fastcgi_param ", read("nginx/routes.conf"), re.MULTILINE)
    number = {10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen"}[len(passed)]
    assert f"{number} params go to the unix socket" in read("docs/architecture.md")
