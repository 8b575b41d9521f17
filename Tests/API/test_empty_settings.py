"""An empty setting counts as not set, for the scripts too: Compose and Cloud Run pass what has no value as empty."""

import subprocess

import pytest
from testbed.places import ROOT


@pytest.mark.parametrize(
    ("line", "environment", "expected"),
    [
        ("CLIENT_KEY=of-the-file", {}, "of-the-file"),
        ("CLIENT_KEY=of-the-file", {"CLIENT_KEY": "mine"}, "mine"),
        ("CLIENT_KEY=of-the-file", {"CLIENT_KEY": ""}, "of-the-file"),
        ("CLIENT_KEY=", {}, "not set"),
        ("CLIENT_KEY=''", {}, "not set"),
        ("\ufeffCLIENT_KEY=a", {}, "a"),
    ],
)
def test_dotenv(tmp_path, line, environment, expected):
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    script = 'set -eu; source scripts/dotenv.sh; load_dotenv "$1"; echo "${CLIENT_KEY-not set}"'
    command, environment = ["bash", "-c", script, "bash", file], {"PATH": "/usr/bin:/bin", **environment}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == expected
