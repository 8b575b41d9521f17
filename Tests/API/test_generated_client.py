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


def member(model, name):
    """The type of a member, without the None of one that may be missing."""
    hint = typing.get_type_hints(model)[name]
    types = [one for one in typing.get_args(hint) if one is not type(None)]
    return types[0] if type(None) in typing.get_args(hint) else hint


def test_tikis_answers_have_types_and_nothing_of_them_is_required(models):
    tokens = {"access_token": str, "expires_in": int, "refresh_token": str, "scopes": list[str], "token_type": str}
    for model, wanted in {
        models.TikiTokens: {"data": models.Tokens},
        models.Tokens: tokens | {"customer": models.TokensCustomer},
        models.TokensCustomer: {"id": int, "name": str},
        models.TikiCustomer: {"data": models.Customer},
        models.Customer: {"customer_id": int, "customer_name": str, "scopes": list[str]},
        models.TikiError: {},
    }.items():
        assert {name: member(model, name) for name in wanted} == wanted
        # The types describe; this server passes on whatever comes.
        assert model() is not None


def test_errors_have_types_and_all_reasons(models):
    error = member(models.Error, "error")
    assert member(error, "code") is int and member(error, "message") is str
    reasons = document.DOCUMENT["components"]["schemas"]["ErrorReason"]["enum"]
    assert {reason.value for reason in member(error, "reason")} == set(reasons)
