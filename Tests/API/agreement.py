"""Whether an answer is what its example says: status, header fields, body."""

import json
import re

import document
import jsonschema

OWN_REASONS = document.DOCUMENT["components"]["schemas"]["ErrorReason"]["enum"]
# Those that openapi.yaml mentions. An answer must not have one that is not documented for it.
FIELDS = ("Cache-Control", "Pragma", "X-Request-Id", "Allow", "Retry-After", "WWW-Authenticate")


def assert_fields(answer, documented):
    for name in FIELDS:
        values = answer.all(name)
        header = documented.get(name)
        if header is None:
            assert not values, f"{name} is not documented"
            continue
        assert len(values) <= 1, f"{name} comes {len(values)} times"
        assert values or not header.get("required"), f"{name} is missing"
        for value in values:
            schema = document.resolved(header["schema"])
            jsonschema.validate(int(value) if schema["type"] == "integer" else value, schema)
            assert name != "X-Request-Id" or len(value) == 32, "not nginx's"


def is_own_error(value):
    return isinstance(value, dict) and bool(value.get("error")) and value["error"]["reason"] in OWN_REASONS


def comparable(text):
    """Without the values that differ each time."""
    return re.sub(r'"(access_token|refresh_token|request_id)":"[^"]+"', r'"\1":"…"', text)


def assert_agreement(answer, example):
    assert answer.status == int(example.status), answer.text
    assert answer.all("Content-Type") == [example.media_type]
    assert_fields(answer, example.headers)
    if example.name == "metrics":
        assert_has_lines(answer.text, example.value)
    elif isinstance(example.value, str):
        assert answer.text == example.value
    else:
        # As text, so that order and white space count, too.
        wanted = json.dumps(example.value, separators=(",", ":"), ensure_ascii=False)
        assert comparable(answer.text) == comparable(wanted)
        if is_own_error(example.value) and "X-Request-Id" in example.headers:
            assert answer.all("X-Request-Id") == [answer.json["error"]["metadata"]["request_id"]]


def assert_has_lines(text, lines):
    """Compares the names of the figures only, since their values change."""

    def names(text):
        return {line if line.startswith("#") else line.rpartition(" ")[0] for line in text.splitlines()}

    assert not names(lines) - names(text)
