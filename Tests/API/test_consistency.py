"""The errors are the same wherever they are listed: the code, nginx's configuration, the READMEs, openapi.yaml."""

import re

import document
import pytest
from agreement import OWN_REASONS, is_own_error
from testbed.places import ROOT

NGINX = ROOT / "nginx"


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def the_codes():
    """From AuthError.swift, which tells status and reason in two switches."""
    source = text("Sources/TiniAppAuth/AuthError.swift")

    def switch(variable):
        block = re.search(rf"var {variable}: \w+ \{{\n(.*?)^    \}}", source, re.DOTALL | re.MULTILINE).group(1)
        for cases, value in re.findall(r"case ([^:]+):\s*(\S+)", block):
            for case in re.findall(r"\.(\w+)", cases):
                yield case, value.strip('"')

    statuses = dict(switch("status"))
    return {(int(statuses[case]), reason) for case, reason in switch("reason")}


def nginxs_own():
    """From the map in http.conf, and from the answers that a VM's sites spell out."""
    block = re.search(r"map \$status \$error_reason \{(.*?)\n\}", text("nginx/http.conf"), re.DOTALL).group(1)
    found = {(int(status), reason) for status, reason in re.findall(r"(\d{3}) +(\w+);", block)}
    found.add((500, re.search(r"default +(\w+);", block).group(1)))
    for file in NGINX.iterdir():
        answers = re.findall(r'"code":(\d{3}),"reason":"(\w+)"', file.read_text(encoding="utf-8"))
        found |= {(int(status), reason) for status, reason in answers}
    return found


def a_readmes(path):
    """From the rows of a table that begin with a status and its reasons, or several with one each."""
    found = set()
    for statuses, words in re.findall(r"^\| *(\d{3}(?:, \d{3})*) *\|([^|]+)\|", text(path), re.MULTILINE):
        statuses, reasons = statuses.split(", "), re.findall(r"`(\w+)`", words)
        if len(statuses) == 1:
            statuses *= len(reasons)
        assert len(statuses) == len(reasons), f"{path}: which reason belongs to which status? {words.strip()}"
        found |= {(int(status), reason) for status, reason in zip(statuses, reasons, strict=True)}
    return found


def openapis():
    return {
        (int(example.status), example.value["error"]["reason"])
        for example in document.response_examples()
        if is_own_error(example.value)
    }


def assert_same(name, found):
    wanted = the_codes() | nginxs_own()
    assert not wanted - found, f"{name} lacks {sorted(wanted - found)}"
    assert not found - wanted, f"{name} has {sorted(found - wanted)}, which neither the code nor nginx answers"


def test_openapi_has_each_error():
    assert_same("openapi.yaml", openapis())


def test_openapis_list_of_reasons_is_complete():
    assert {reason for _, reason in openapis()} == set(OWN_REASONS)


@pytest.mark.parametrize("path", sorted(path.name for path in ROOT.glob("README*.md")))
def test_readme_has_each_error(path):
    assert_same(path, a_readmes(path))
