"""A client that is generated from openapi.yaml has types where an app needs them: Tiki's three answers."""

import importlib.util
import subprocess
import sys
import typing

import document
import pytest


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    path = tmp_path_factory.mktemp("client") / "models.py"
    options = ["--output-model-type=dataclasses.dataclass", "--target-python-version=3.11", "--formatters=builtin"]
    command = [sys.executable, "-B", "-m", "datamodel_code_generator", "--input-file-type=openapi", *options]
    command += [f"--input={document.PATH}", f"--output={path}"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    specification = importlib.util.spec_from_file_location("models", path)
    module = sys.modules["models"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def response_model(models, path):
    """The class of that path's answer with 200, by the component's name."""
    schema = document.DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    return getattr(models, schema["$ref"].rsplit("/", 1)[1])


def member(model, name):
    """The type of a member, without the None of one that may be missing."""
    hint = typing.get_type_hints(model)[name]
    types = [one for one in typing.get_args(hint) if one is not type(None)]
    return types[0] if type(None) in typing.get_args(hint) else hint


TOKENS = {"access_token": str, "expires_in": int, "refresh_token": str, "scopes": list[str], "token_type": str}


@pytest.mark.parametrize("path", ["/auth_exchange", "/auth_refresh"])
def test_tokens_have_types(models, path):
    data = member(response_model(models, path), "data")
    assert {name: member(data, name) for name in TOKENS} == TOKENS
    customer = member(data, "customer")
    assert (member(customer, "id"), member(customer, "name")) == (int, str)


def test_customer_has_types(models):
    data = member(response_model(models, "/auth_info"), "data")
    wanted = {"customer_id": int, "customer_name": str, "scopes": list[str]}
    assert {name: member(data, name) for name in wanted} == wanted


def test_nothing_of_tikis_is_required(models):
    """The types describe; this server passes on whatever comes."""
    for name in ("TikiTokens", "Tokens", "TokensCustomer", "TikiCustomer", "Customer", "TikiError"):
        assert getattr(models, name)() is not None, name


def test_errors_have_types_and_all_reasons(models):
    error = member(models.Error, "error")
    assert member(error, "code") is int and member(error, "message") is str
    reasons = document.DOCUMENT["components"]["schemas"]["ErrorReason"]["enum"]
    assert {reason.value for reason in member(error, "reason")} == set(reasons)
