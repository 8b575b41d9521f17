"""`docker compose up` hands on the credentials of its environment, and those of .env where the environment has none."""

import os
import shutil
import subprocess
import sys

import pytest
from testbed.places import ROOT

# Writes what podman-compose asks it to create; of anything else it knows nothing.
PODMAN = """#!/bin/sh
case "$1" in
    --version) echo "podman version 4.3.1" ;;
    create) printf '%s\\n' "$@" >"$CREATED" ;;
esac
case "$*" in *inspect* | *json*) echo "[]" ;; esac
"""


@pytest.fixture
def created(tmp_path):
    """The environment of the container, as podman would be told; the last word about a name counts."""
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    podman = tmp_path / "bin/podman"
    podman.parent.mkdir()
    podman.write_text(PODMAN)
    podman.chmod(0o755)

    def up(dotenv="", **environment):
        (tmp_path / ".env").write_text(dotenv)
        path = f"{podman.parent}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
        subprocess.run(
            ["podman-compose", "--project-name", "demo", "up", "--detach", "--no-build"], cwd=tmp_path, check=True,
            env={"PATH": path, "CREATED": str(tmp_path / "created")} | environment, capture_output=True, timeout=60,
        )  # fmt: skip
        words = (tmp_path / "created").read_text().splitlines()
        options = [word for flag, word in zip(words, words[1:], strict=False) if flag == "-e"]
        return dict(option.split("=", 1) for option in options if "=" in option)

    return up


def test_without_settings_it_gets_none_of_tikis(created):
    assert created() == {"PORT": "8080", "TRY_PORT": "8080"}


def test_the_environment_is_handed_on(created):
    settings = {"CLIENT_KEY": "key", "CLIENT_SECRET": "a $ecret", "AUTH_ENDPOINT": "https://tiki.example/auth/token"}
    assert settings.items() <= created(**settings).items()


def test_the_file_counts_where_the_environment_says_nothing(created):
    found = created("CLIENT_KEY=file\nCLIENT_SECRET='a $ecret'\nPORT=1\nLOG_LEVEL=debug\n", CLIENT_KEY="environment")
    wanted = {"CLIENT_KEY": "environment", "CLIENT_SECRET": "a $ecret", "LOG_LEVEL": "debug", "PORT": "8080"}
    assert wanted.items() <= found.items()
