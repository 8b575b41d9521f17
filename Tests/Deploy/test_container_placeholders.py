"""The Dockerfile's layer of dependencies: SwiftPM finds every target of Package.swift there, without its sources."""

import json
import re
import shutil
import subprocess

from testbed.places import ROOT, read


def test_every_target_has_a_source_to_build(tmp_path):
    first_stage = read("Dockerfile").split("AS build")[0]
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "Package.swift", tmp_path)
    shutil.copy(ROOT / "scripts/container-placeholders.sh", tmp_path / "scripts")
    for path in re.findall(r"^COPY (Sources/\w+) ", first_stage, re.MULTILINE):
        shutil.copytree(ROOT / path, tmp_path / path)
    subprocess.run([tmp_path / "scripts/container-placeholders.sh"], check=True)

    dumped = subprocess.run(["swift", "package", "dump-package"], cwd=tmp_path, capture_output=True, check=True).stdout
    targets = json.loads(dumped)["targets"]
    assert len(targets) > 10
    for target in targets:
        parent = "Tests" if target["type"] == "test" else "Sources"
        folder = tmp_path / (target.get("path") or f"{parent}/{target['name']}")
        wanted = "module.modulemap" if target["type"] == "system" else "*.swift"
        assert list(folder.glob(wanted)), f"{target['name']} has no source in {folder.relative_to(tmp_path)}"
