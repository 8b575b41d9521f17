"""schemathesis generates thousands of requests, valid and invalid ones: every answer is documented."""

import json
import os
import pathlib
import subprocess
import sys

import document
from testbed.places import ROOT
from testbed.processes import ENVIRONMENT
from testbed.secrets_in_text import hidden

SEED = 20260207
LONG = bool(os.environ.get("LONG_TESTS"))
LEAST_CASES = 2_000 if LONG else 1_000
# For each operation. Those without a body have fewer possible requests.
MOST_EXAMPLES = 1_000 if LONG else 100

# positive_data_acceptance expects success for whatever fits the schema. A code that nobody has issued fits, and Tiki
# refuses it. schemathesis_hooks.py has a check in its place, and more of them. Every other check is on, though
# ignored_auth, missing_required_header, use_after_free, ensure_resource_availability and object_level_authorization
# find nothing to check here: the API has no logins, required header fields or resources.
EXCLUDED_CHECKS = "positive_data_acceptance"


def strict_document(path: pathlib.Path):
    """Without the `default` answers, which would make every status a documented one."""
    strict = document.load()
    for item in strict["paths"].values():
        for method in item.keys() & {*document.METHODS, "options"}:
            item[method]["responses"].pop("default", None)
    path.write_text(json.dumps(strict))
    return path


def test_only_documented_answers(world, tmp_path, capsys):
    report = tmp_path / "report.json"
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis",
        "run",
        strict_document(tmp_path / "openapi.json"),
        f"--url={world.usual.url}",
        # Not reachable from outside: 404 for every method. test_verify.py asks as nginx does.
        "--exclude-path=/auth_verify",
        f"--exclude-checks={EXCLUDED_CHECKS}",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--max-examples={MOST_EXAMPLES}",
        f"--seed={SEED}",
        "--continue-on-failure",
        "--generation-database=none",
        "--no-color",
        "--report=json",
        f"--report-json-path={report}",
    ]
    environment = ENVIRONMENT | {
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        "PYTHONPATH": f"{ROOT}/Tests/API:{ROOT}/Tests/Support",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SANDBOX_URL": world.usual.sandbox.url,
        "TMPDIR": str(tmp_path),
    }
    # In a separate folder, since it leaves files there.
    run = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, hidden(run.stdout + run.stderr)
    cases = json.loads(report.read_text())["test_cases"]
    with capsys.disabled():
        print(f"\nschemathesis: {cases['generated']} cases, seed {SEED}, no violation")
    assert cases["generated"] >= LEAST_CASES
    assert not cases["errored"] and not cases["without_checks"]
