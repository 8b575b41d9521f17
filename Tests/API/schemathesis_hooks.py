"""Rules of this API that openapi.yaml cannot express, for schemathesis. It loads this file; see test_properties.py."""

import collections
import itertools
import json
import os

import document
import schemathesis
from documented import problem
from testbed import http_client
from testbed.servers import SandboxControl

BODIES = {path: document.validator(document.request_schema(path)) for path in document.REQUIRED_KEYS}
SANDBOX = SandboxControl(os.environ["SANDBOX_URL"])
TIKIS_REFUSALS = ("invalid_code", "invalid_token")

# --- some calls succeed ------------------------------------------------------------------------------------
# The sandbox does not know generated codes and tokens. Every second call gets a real one instead, if there is one:
# codes come from the sandbox, tokens from earlier answers.

turns = itertools.cycle((True, False))
credentials = {"code": collections.deque(), "refresh_token": collections.deque(), "access_token": collections.deque()}


@schemathesis.hook
def before_call(context, case, kwargs):
    key = document.REQUIRED_KEYS.get(case.operation.path)
    if key and isinstance(case.body, dict) and isinstance(case.body.get(key), str) and case.body[key] and next(turns):
        if key == "code" and not credentials["code"]:
            credentials["code"].extend(SANDBOX.control("POST", "codes", {"count": 100})["codes"])
        if credentials[key]:
            case.body = case.body | {key: credentials[key].popleft()}


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 200 and case.operation.path in ("/auth_exchange", "/auth_refresh"):
        data = json.loads(response.content)["data"]
        for key in ("refresh_token", "access_token"):
            credentials[key].append(data[key])


@schemathesis.check
class EachCallHasSucceeded:
    """If Tiki refused every call, the answers that matter would not have been checked."""

    def __init__(self):
        self.succeeded = set()

    def after_response(self, ctx, response, case):
        if response.status_code == 200:
            self.succeeded.add(document.concrete(case.operation.path))

    def after_run(self, ctx):
        missing = {path for path, _, _ in document.operations()} - self.succeeded - document.INTERNAL
        assert not missing, f"never answered with 200: {sorted(missing)}"


# --- checks beyond its own ---------------------------------------------------------------------------------


@schemathesis.check
def every_answer_is_documented(ctx, response, case):
    """Its own checks of status and shape leave out requests with other methods and media types."""
    fields = [(name, value) for name, values in response.headers.items() for value in values]
    answer = http_client.Answer(response.status_code, fields, response.content)
    assert not (why := problem(answer, document.concrete(case.operation.path), response.request.method)), why


@schemathesis.check
def valid_bodies_and_no_others_reach_tiki(ctx, response, case):
    """In place of positive_data_acceptance: a body can be right and its code unknown."""
    path = case.operation.path
    if path in document.REQUIRED_KEYS and response.request.method == "POST":
        answered_by_tiki = response.status_code == 200 or reason(response) in TIKIS_REFUSALS
        assert answered_by_tiki == is_valid(response.request, path), f"{response.status_code} {reason(response)}"


def reason(response):
    try:
        return json.loads(response.content)["error"]["reason"]
    except (ValueError, TypeError, KeyError):
        return None


class Members(list):
    """A JSON object as it is written, with duplicate keys."""


def is_valid(request, path):
    """Whether what was sent is what openapi.yaml asks for, judged by Python's parsers."""
    body = request.body.encode() if isinstance(request.body, str) else request.body
    if not isinstance(body, bytes) or len(body) > 16_384 or request.headers.get("Content-Type") != "application/json":
        return False
    try:
        value = json.loads(body.decode(), object_pairs_hook=Members, parse_constant=no_json)
    except ValueError:
        return False
    if not isinstance(value, Members) or len(dict(value)) < len(value):
        return False
    # Deeper down, duplicate keys are allowed.
    return BODIES[path].is_valid(json.loads(body))


def no_json(constant):
    raise ValueError(constant)
