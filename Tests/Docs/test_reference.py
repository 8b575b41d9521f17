"""What the pages say of settings, errors and metrics is what the program says: `tiniapp-auth-backend reference`."""

import json
import re
import subprocess

import pytest
from testbed.places import PRODUCTS, read


@pytest.fixture(scope="module")
def facts():
    command = [PRODUCTS / "tiniapp-auth-backend", "reference"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout)


def rows(text):
    """The cells of each row of the tables."""
    return [
        line.strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith("| `") or re.match(r"\| \d", line)
    ]


def test_the_page_of_settings(facts):
    expected = []
    for setting in facts["settings"]:
        literal = setting["literal_default"]
        default = f"`{literal}`" if literal else setting["default"] or "—"
        expected.append([f"`{setting['name']}`", setting["type"], default, setting["summary"]])
    assert rows(read("docs/settings.md")) == expected


def test_the_example_of_an_environment(facts):
    blocks = read("env.example").split("\n\n")[1:]
    assert len(blocks) == len(facts["settings"]) + 1, "one for each, and PORT"
    for block, setting in zip(blocks, facts["settings"], strict=False):
        summary, kind, *lines = block.splitlines()
        assert (summary, kind) == (f"# {setting['summary']}", f"# Value: {setting['type']}.")
        assert lines[0].startswith(f"#{setting['name']}=")
        if setting["literal_default"]:
            assert lines == [f"#{setting['name']}={setting['literal_default']}"]


def test_the_page_of_errors(facts):
    known = {(error["status"], f"`{error['reason']}`") for error in facts["errors"]}
    page = rows(read("docs/errors.md"))
    assert known <= {(row[0], row[1]) for row in page}
    for status, reason, meaning in page:
        assert (status, reason) in known or re.search(r"\((nginx|Tiki)", meaning), f"nobody answers with {reason}"


def test_the_table_of_metrics(facts):
    section = read("docs/log-and-metrics.md").split("## Metrics")[1].split("\n## ")[0]
    found = [row[:2] for row in rows(section) if row[0].startswith(("`tiniapp_auth_", "`process_"))]
    labelled = [f"{{{metric['labels']}}}" if metric["labels"] else "" for metric in facts["metrics"]]
    assert found == [
        [f"`{metric['name']}{labels}`", metric["help"]]
        for metric, labels in zip(facts["metrics"], labelled, strict=True)
    ]


def test_the_list_of_settings_forgets_none(facts):
    source = read("Sources/TiniAppAuthBackend/Settings/Settings.swift")
    declared = re.findall(r'= Setting(?:<\S+>)?\(\s*"([A-Z_]+)"', source)
    assert len(declared) > 30
    assert sorted(declared) == sorted(setting["name"] for setting in facts["settings"])
