"""Every example of openapi.yaml is provoked on the running server, and the answer agrees with it."""

import json

import document
import pytest
from agreement import assert_agreement, assert_fields
from provoke import PROVOKERS
from testbed import http_client

EXAMPLES = list(document.response_examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example(world, example):
    assert example.name in PROVOKERS, f"nothing provokes the example {example.name}"
    assert_agreement(PROVOKERS[example.name](world, example), example)


def test_nothing_is_provoked_that_is_no_example():
    assert PROVOKERS.keys() - {example.name for example in EXAMPLES} == set()


@pytest.mark.parametrize(("path", "name", "value"), list(document.request_examples()))
def test_body_is_let_through_to_tiki(world, path, name, value):
    calls = world.usual.sandbox.call_count()
    answer = http_client.request(world.usual.port, "POST", path, body=json.dumps(value).encode())
    # The sandbox has not issued this code or token.
    assert answer.json["error"]["reason"] in ("invalid_code", "invalid_token")
    assert world.usual.sandbox.call_count() == calls + 1


HEADS = [(path, operation) for path, method, operation in document.operations() if method == "HEAD"]


@pytest.mark.parametrize(("path", "operation"), HEADS)
@pytest.mark.parametrize(("status", "headers"), [("200", []), ("431", [f"X: {'a' * 40_000}"])])
def test_head(world, path, operation, status, headers):
    get, head = (http_client.request(world.usual.port, method, path, headers) for method in ("GET", "HEAD"))
    assert head.status == get.status == int(status)
    assert head.body == b""
    assert head.all("Content-Type") == get.all("Content-Type")
    response = document.resolved(operation["responses"][status])
    assert_fields(head, {name: document.resolved(header) for name, header in response["headers"].items()})
