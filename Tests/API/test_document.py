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


def test_an_answer_of_every_path_is_written_once():
    written = document.as_written()
    every = written["x-every-path"]
    for path, item in written["paths"].items():
        for method in item.keys() & {"get", "head", "options", "post"}:
            responses = item[method]["responses"]
            assert path in document.INTERNAL or "default" in responses, "a viewer says nothing of the others"
            repeated = {status for status, response in responses.items() if response == every.get(status)}
            assert not repeated, f"{method} {path} repeats {repeated}"


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


def test_descriptions_stand_alone():
    """A viewer shows them beside the status, without the summary's question."""
    written = document.as_written()
    for item in written["paths"].values():
        for method in item.keys() & {"get", "head", "options", "post"}:
            for status, response in item[method]["responses"].items():
                description = resolved(response)["description"]
                assert len(description.split()) > 1 or description == "Alive.", f"{status}: {description}"
                assert not re.match(r"(It|Not now)\b", description), f"{status}: {description}"


def test_what_no_tini_app_calls_comes_last():
    written = document.as_written()
    assert [tag["name"] for tag in written["tags"]][-1] == "other methods"
    for item in written["paths"].values():
        for method in item.keys() & {"get", "head", "options", "post"}:
            assert (item[method]["tags"] == ["other methods"]) == (method in ("head", "options"))


def own_errors():
    return {
        (int(example.status), example.value["error"]["reason"])
        for example in document.response_examples()
        if is_own_error(example.value)
    }


def test_errors_are_those_of_the_errors_page():
    assert own_errors() == facts.errors()


def test_list_of_reasons_is_complete():
    assert {reason for _, reason in own_errors()} == set(OWN_REASONS)


def test_every_component_is_used():
    text = document.PATH.read_text(encoding="utf-8")
    for kind, components in document.DOCUMENT["components"].items():
        for name in components:
            # A scheme is named where it is used, not referred to.
            used = f"#/components/{kind}/{name}'" in text or (kind == "securitySchemes" and f"{name}: []" in text)
            assert used or (kind, name) == ("responses", "NotFound"), f"nothing refers to {kind}/{name}"
