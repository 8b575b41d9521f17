"""The first command on machines that lack something: it says what is missing, and installs nothing before that."""

import os
import shutil
import subprocess

import pytest
from testbed.places import ROOT

COMMANDS = ["bash", "env", "dirname", "cat", "make", "sh", "grep", "sed", "awk", "printf", "tr", "rm", "id"]


@pytest.fixture
def machine(tmp_path):
    """Returns a function that runs a command with only these programs: some of this machine's, and stand-ins."""
    for name in COMMANDS:
        (tmp_path / name).symlink_to(shutil.which(name))

    def add(name, script):
        (tmp_path / name).write_text(f"#!/bin/bash\n{script}\n")
        (tmp_path / name).chmod(0o755)

    def run(*command, **programs):
        add("uname", "echo Linux")
        for name, script in programs.items():
            add(name.replace("_", "-"), script)
        return subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True, timeout=30
        )

    return run


@pytest.mark.parametrize("target", ["run", "build", "release"])
def test_without_swift_nothing_is_installed(machine, tmp_path, target):
    """`make run` without Swift says where to get it, before it asks apt-get for anything."""
    touched = tmp_path / "touched"
    result = machine("make", target, apt_get=f"echo >{touched}", sudo=f"echo >{touched}")
    assert result.returncode != 0
    assert "https://www.swift.org/install/linux" in result.stderr
    assert "docker compose up" in result.stderr
    assert not touched.exists()


def test_another_system_is_named(machine):
    """On macOS, the message says what works there."""
    result = machine("make", "run", uname="echo Darwin", swift="exit 0")
    assert result.returncode != 0
    assert "this is Darwin" in result.stderr
    assert "docker compose up" in result.stderr


PRESENT = 'case "$2" in libcares|fcgi) exit 0 ;; *) exit 1 ;; esac'


def test_libraries_are_looked_for_by_pkg_config(machine):
    """Without apt-get and dpkg, only what pkg-config does not know is named."""
    packages = ["libc-ares-dev", "libfcgi-dev", "libhiredis-dev", "pkg-config:pkg-config"]
    result = machine("scripts/install-packages.sh", *packages, pkg_config=PRESENT)
    # The script adds the directories where Debian keeps nginx, where there is no apt-get either.
    assert result.returncode == 1
    assert "libhiredis-dev" in result.stderr
    assert "libfcgi-dev" not in result.stderr
    assert "docker compose up" in result.stderr


def test_nothing_missing_is_silent(machine):
    """With everything there, nothing is said and nothing is asked of the network."""
    result = machine("scripts/install-packages.sh", "libfcgi-dev", "pkg-config:pkg-config", pkg_config=PRESENT)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
