"""The Dockerfile's layer of dependencies builds no other packages than scripts/packages.txt names."""

import json
import re
import shutil
import subprocess

import pytest
from testbed.places import ROOT, read

FIRST_STAGE = read("Dockerfile").split("AS build")[0]


@pytest.fixture
def stage(tmp_path):
    """What the stage copies."""
    for line in re.findall(r"^COPY (.*)$", FIRST_STAGE, re.MULTILINE):
        *sources, to = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / to)
            else:
                (tmp_path / to).mkdir(exist_ok=True)
                shutil.copy(ROOT / source, tmp_path / to)
    return tmp_path


def test_other_packages_than_the_lists_are_not_built(stage):
    """The stage's own command, with a stand-in for the compiler, stops before it if a version or a hash differs."""
    command = re.search(r"^RUN (scripts/container-placeholders\.sh (?:.*\\\n)*.*)$", FIRST_STAGE, re.MULTILINE)[1]
    (stage / "scripts/build-release.sh").write_text('#!/bin/sh\necho "$*" >.build/built\n')
    list_of_packages = stage / "scripts/packages.txt"
    known = list_of_packages.read_text()
    assert re.search(r"^swift-log [0-9.]+ [0-9a-f]{64}$", known, re.MULTILINE)

    def build():
        return subprocess.run(["sh", "-c", command], cwd=stage, capture_output=True, text=True)

    for moved in (r"^(swift-log )[0-9.]+", r"^(swift-log [0-9.]+ )[0-9a-f]{4}"):
        list_of_packages.write_text(re.sub(moved, r"\g<1>0000", known, flags=re.MULTILINE))
        result = build()
        assert result.returncode != 0
        assert "Other Swift packages than this commit was made with" in result.stderr
        assert not (stage / ".build/built").exists()

    list_of_packages.write_text(known)
    result = build()
    assert result.returncode == 0, result.stderr
    kept = subprocess.run(["tar", "-tf", "build.tar", ".build/built"], cwd=stage, capture_output=True)
    assert kept.returncode == 0
    (stage / "build.tar").unlink()
    # The later builds find the versions here.
    assert len(json.loads((stage / "Package.resolved").read_text())["pins"]) == len(known.splitlines())


def test_every_build_in_the_image_keeps_to_the_resolved_versions():
    builds = re.findall(r"scripts/build-release\.sh --product .*", read("Dockerfile"))
    assert len(builds) == 3
    assert all("--force-resolved-versions" in build for build in builds)
