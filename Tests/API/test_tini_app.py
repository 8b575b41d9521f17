"""The tests of examples/tini-app under Node: the phone is mocked, the server is real."""

import os
import re
import subprocess

import pytest
from testbed.places import ROOT
from testbed.processes import ENVIRONMENT
from testbed.secrets_in_text import hidden
from testbed.stack import Stack

APP = ROOT / "examples/tini-app"
CODE_LIFETIME = 3


@pytest.fixture(scope="module")
def stack():
    # Both short, since the app waits for them.
    with Stack(sandbox_options=["--code-lifetime", str(CODE_LIFETIME)], REQUEST_TIMEOUT="2") as stack:
        yield stack


# One after the other: they share the sandbox and what it is told to do wrong.
@pytest.mark.parametrize("file", sorted(path.name for path in APP.glob("test/*.test.js")))
def test_tini_app(stack, file, capsys):
    environment = ENVIRONMENT | {
        "BASE_URL": stack.url,
        "SANDBOX_URL": stack.sandbox.url,
        "CODE_LIFETIME_MS": str(CODE_LIFETIME * 1000),
    }
    command = ["node", "--test", "--test-reporter=tap", f"test/{file}"]
    run = subprocess.run(command, cwd=APP, env=environment, capture_output=True, text=True, timeout=300, check=False)
    output = hidden(run.stdout + run.stderr)
    assert run.returncode == 0, output
    passed = int(re.search(r"^# pass (\d+)$", output, re.MULTILINE).group(1))
    assert passed > 0, output
    with capsys.disabled():
        print(f"\n{os.path.relpath(APP, ROOT)}/test/{file}: {passed} passed")
