"""openapi.yaml is valid, and complete in itself."""

import document
import openapi_spec_validator
import pytest
from agreement import OWN_REASONS, is_own_error
from testbed import facts


def test_is_valid_openapi():
    openapi_spec_validator.validate(document.load())


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
