"""The picture of the READMEs shows what `make run` and its calls show today."""

import html
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from testbed import facts
from testbed.places import ROOT
from testbed.ports import free_port

PICTURE = ROOT / "docs/demo.svg"
# What differs from run to run: times, ids, codes and tokens, the port, and what the build has to do.
CHANGING = [
    (r"Building \(the first time.*?(?=Ready:)", ""),
    (r"localhost:\d+", "localhost:PORT"),
    (r"\d{2}:\d{2}:\d{2}\.\d{3}", "TIME"),
    (r"_ms=[\d.]+", "_ms=N"),
    (r"request_id=[0-9a-f]{32}", "request_id=ID"),
    (r"[\w-]{43}\.[\w-]{43}", "TOKEN"),
]


def shown(picture):
    """The text, without white space: jq, if there is one, lays the answers out in another way."""
    texts = re.findall(r"<text y=.*?</text>", picture, re.DOTALL)
    text = "".join(html.unescape(re.sub(r"<[^>]+>", "", text)) for text in texts)
    for pattern, name in [(r"\s+", ""), *((pattern.replace(" ", ""), name) for pattern, name in CHANGING)]:
        text = re.sub(pattern, name, text)
    return text


@pytest.fixture(scope="module")
def new_picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "demo.svg"
    environment = {name: value for name, value in os.environ.items() if name not in facts.settings()}
    environment["PORT"] = str(free_port())
    command = [ROOT / "scripts/record-demo.py", path]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600, check=False)
    assert result.returncode == 0, result.stderr
    return path.read_text(encoding="utf-8")


def test_a_new_recording_shows_the_same(new_picture):
    assert shown(PICTURE.read_text(encoding="utf-8")) == shown(new_picture), "out of date: make picture"


def test_it_is_xml_that_loads_nothing():
    picture = PICTURE.read_text(encoding="utf-8")
    ElementTree.fromstring(picture)
    assert not re.search(r"href|url\(|@import|<script", picture)
