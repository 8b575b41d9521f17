"""The picture of the READMEs shows what `make run` and its calls show today."""

import html
import re
import xml.etree.ElementTree as ElementTree

import pytest
from picture import draw, record
from testbed.places import read

PICTURE = read("docs/demo.svg")
# What differs from run to run: times, ids, codes and tokens.
CHANGING = [
    (r"\d{2}:\d{2}:\d{2}\.\d{3}", "TIME"),
    (r"_ms=[\d.]+", "_ms=N"),
    (r"request_id=[0-9a-f]{32}", "request_id=ID"),
    (r"[\w-]{43}\.[\w-]{43}", "TOKEN"),
]


def shown(picture):
    """The text, without white space: jq, if there is one, lays the answers out in another way."""
    texts = re.findall(r"<text .*?</text>", picture, re.DOTALL)
    text = re.sub(r"\s+", "", "".join(html.unescape(re.sub(r"<[^>]+>", "", text)) for text in texts))
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


@pytest.fixture(scope="module")
def new_picture():
    return draw(*record())


def test_a_new_recording_shows_the_same(new_picture):
    assert shown(PICTURE) == shown(new_picture), "out of date: make picture"


def test_it_is_xml_that_loads_nothing():
    ElementTree.fromstring(PICTURE)
    assert not re.search(r"href|url\((?!#)|@import|<script", PICTURE)
