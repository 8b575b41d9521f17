"""The examples of docs/webhooks.md on Tiki's documented vector, and on messages that are wrong in one part."""

import json
import subprocess

import pytest
from testbed.markdown import Page
from testbed.processes import ENVIRONMENT
from testbed.servers import CLIENT_KEY, CLIENT_SECRET

NOW = 1620621619.569 + 10
BODY = b'{"id":123}'
GOOD = {
    "X-Tiniapp-Client-Id": CLIENT_KEY,
    "X-Tiniapp-Timestamp": "1620621619569",
    "X-Tiniapp-Signature": "8ebd092b9df2cf90e8ccbcab2ba87ee14f2abb25eb8f18b4d7286d42adcd45c2",
}
# The signature of an empty body, made with Python's hmac.
EMPTY = "9dd0d9b7d56a544f7c8db61d01f638a355dd940784036848a7d5a211040ea615"
SIGNATURE, TIMESTAMP, CLIENT = "X-Tiniapp-Signature", "X-Tiniapp-Timestamp", "X-Tiniapp-Client-Id"
CASES = {
    "good": (BODY, {}, NOW, True),
    "an empty body": (b"", {SIGNATURE: EMPTY}, NOW, True),
    "an empty body with another's signature": (b"", {}, NOW, False),
    "a bit of the body": (b'{"id":122}', {}, NOW, False),
    "a newline": (BODY + b"\n", {}, NOW, False),
    "a bit of the timestamp": (BODY, {TIMESTAMP: "1620621619568"}, NOW, False),
    "a bit of the client ID": (BODY, {CLIENT: CLIENT_KEY[:-1] + "V"}, NOW, False),
    "a bit of the signature": (BODY, {SIGNATURE: "9" + GOOD[SIGNATURE][1:]}, NOW, False),
    "garbage": (BODY, {SIGNATURE: "é" * 32}, NOW, False),
    "no signature": (BODY, {SIGNATURE: ""}, NOW, False),
    "capitals": (BODY, {SIGNATURE: GOOD[SIGNATURE].upper()}, NOW, True),
    "one digit too few": (BODY, {SIGNATURE: GOOD[SIGNATURE][:-1]}, NOW, False),
    "one digit too many": (BODY, {SIGNATURE: GOOD[SIGNATURE] + "0"}, NOW, False),
    "a newline behind the signature": (BODY, {SIGNATURE: GOOD[SIGNATURE] + "\n"}, NOW, False),
    # As a header field's byte that is not UTF-8 may look to Python.
    "half a character": (BODY, {SIGNATURE: "\udcff" * 64}, NOW, False),
    "half a character in the client ID": (BODY, {CLIENT: "\udcff"}, NOW, False),
    "half a character in the timestamp": (BODY, {TIMESTAMP: "\udcff"}, NOW, False),
    "5,000 digits": (BODY, {TIMESTAMP: "1" * 5_000}, NOW, False),
    "a number with a sign": (BODY, {TIMESTAMP: "+1620621619569"}, NOW, False),
    "no number": (BODY, {TIMESTAMP: "١٦٢"}, NOW, False),
    "a minute old": (BODY, {}, NOW + 49, True),
    "too old": (BODY, {}, NOW + 51, False),
    "from the future": (BODY, {}, NOW - 80, False),
}


def example(language):
    [block] = [block for block in Page("docs/webhooks.md").blocks if block.language == language]
    return block.text


@pytest.mark.parametrize(("body", "changed", "now", "expected"), CASES.values(), ids=CASES)
def test_the_python_example_tells_good_from_wrong(body, changed, now, expected):
    names = {}
    exec(example("python"), names)
    assert names["is_from_tiki"](body, GOOD | changed, CLIENT_KEY, CLIENT_SECRET, now=now) is expected


def test_the_node_example_tells_good_from_wrong(tmp_path):
    (tmp_path / "tiki.mjs").write_text(example("javascript"))
    cases = [
        [body.decode(), {name.lower(): value for name, value in (GOOD | changed).items()}, now, expected]
        for body, changed, now, expected in CASES.values()
    ]
    (tmp_path / "cases.json").write_text(json.dumps([CLIENT_KEY, CLIENT_SECRET, cases]))
    (tmp_path / "run.mjs").write_text("""
import { readFileSync } from 'node:fs';
import { isFromTiki } from './tiki.mjs';
const [key, secret, cases] = JSON.parse(readFileSync('cases.json'));
const judge = ([body, headers, now]) => isFromTiki(Buffer.from(body), headers, key, secret, 60, now);
console.log(JSON.stringify(cases.map(judge)));
""")
    run = subprocess.run(
        ["node", "run.mjs"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=30, check=False
    )
    assert run.returncode == 0, run.stderr
    assert dict(zip(CASES, json.loads(run.stdout), strict=True)) == {name: case[3] for name, case in CASES.items()}


def test_the_comparison_takes_constant_time():
    assert "compare_digest" in example("python")
    assert "timingSafeEqual" in example("javascript")
