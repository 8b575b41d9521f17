"""openapi.yaml is valid, and complete in itself."""

import re

import document
import openapi_spec_validator
import pytest
from agreement import OWN_REASONS, is_own_error
from document import resolved
from testbed import facts


def test_is_valid_openapi():
    openapi_spec_validator.validate(document.as_written())


@pytest.mark.parametrize(("path", "method", "operation"), list(document.operations()))
def test_every_answer_with_a_body_has_an_example(path, method, operation):
    for status, response in operation["responses"].items():
        content = document.resolved(response).get("content", {})
        assert bool(content) == (method != "HEAD" and status != "204"), status
        # Tiki documents nothing about these.
        if status != "default":
            assert all(media_type.get("examples") for media_type in content.values()), status


@pytest.mark.parametrize("example", list(document.response_examples()), ids=str)
def test_every_example_fits_its_schema(example):
    document.validator(example.schema).validate(example.value)


@pytest.mark.parametrize(("path", "name", "value"), list(document.request_examples()))
def test_every_body_fits_its_schema(path, name, value):
    document.validator(document.request_schema(path)).validate(value)


WRITTEN = [
    (path, method, operation)
    for path, item in document.as_written()["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
]


@pytest.mark.parametrize(("path", "method", "operation"), WRITTEN)
def test_each_operation_says_once_what_a_viewer_shows_alone(path, method, operation):
    responses = operation["responses"]
    assert path in document.INTERNAL or "default" in responses, "a viewer says nothing of the others"
    for status, response in responses.items():
        assert response != document.DOCUMENT["x-every-path"].get(status), f"{status} is an answer of every path"
        description = resolved(response)["description"]
        # A viewer shows it beside the status, without the summary's question.
        assert len(description.split()) > 1 or description == "Alive.", f"{status}: {description}"
        assert not re.match(r"(It|Not now)\b", description), f"{status}: {description}"
    # These come last.
    assert document.as_written()["tags"][-1]["name"] == "other methods"
    assert (operation["tags"] == ["other methods"]) == (method in ("head", "options"))


def test_the_introduction_lists_the_answers_of_every_path():
    section = document.as_written()["info"]["description"].split("Every path can answer these")[1]
    rows = re.findall(r"^\| ([\d, ]+) \| (.+?) \|", section, re.MULTILINE)
    every = document.DOCUMENT["x-every-path"]
    assert {status for statuses, _ in rows for status in statuses.split(", ")} == every.keys()
    listed = {reason for _, reasons in rows for reason in re.findall(r"`([a-z_]+)`", reasons)}
    examples = [resolved(example) for response in every.values() for example in response_examples(response)]
    assert listed == {example["value"]["error"]["reason"] for example in examples}


def response_examples(response):
    return resolved(response)["content"]["application/json"]["examples"].values()


def own_errors():
    return {
        (int(example.status), example.value["error"]["reason"])
        for example in document.response_examples()
        if is_own_error(example.value)
    }


def test_errors_are_those_of_the_errors_page_and_of_the_list_of_reasons():
    assert own_errors() == facts.errors()
    assert {reason for _, reason in own_errors()} == set(OWN_REASONS)


def test_every_component_is_used():
    text = document.PATH.read_text(encoding="utf-8")
    for kind, components in document.DOCUMENT["components"].items():
        for name in components:
            # A scheme is named where it is used, not referred to.
            used = f"#/components/{kind}/{name}'" in text or (kind == "securitySchemes" and f"{name}: []" in text)
            assert used or (kind, name) == ("responses", "NotFound"), f"nothing refers to {kind}/{name}"
