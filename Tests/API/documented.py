"""Whether an answer to any request is one that openapi.yaml has for its path and method."""

import functools

import document
import jsonschema
from agreement import assert_fields

PATHS = {path: item for path, item in document.DOCUMENT["paths"].items() if path not in document.INTERNAL}
NOT_FOUND = document.DOCUMENT["components"]["responses"]["NotFound"]


def _responses(path, method, status):
    if path not in PATHS:
        # A malformed request gets the same answer on every path.
        return [NOT_FOUND] if status == "404" else _responses("/", method, status)
    item = PATHS[path]
    # The answer to a method that the path does not have is documented with the methods that it has.
    methods = [method.lower()] if method.lower() in item else ["get", "post"]
    operations = [item[name] for name in methods if name in item]
    return [operation["responses"][status] for operation in operations if status in operation["responses"]]


@functools.cache
def _documented(path, method, status):
    """Header fields, and a validator of the body for each media type; None if the status is not documented."""
    responses = _responses(path, method, status)
    if not responses:
        return None
    response = document.resolved(responses[0])
    fields = {name: document.resolved(header) for name, header in response.get("headers", {}).items()}
    if "Allow" in fields and path not in PATHS:
        # nginx has the same Allow for all paths that it does not know.
        fields["Allow"] = {"required": True, "schema": {"type": "string"}}
    bodies = {
        media_type: document.validator(content["schema"]) for media_type, content in response.get("content", {}).items()
    }
    return fields, bodies


def problem(answer, path, method):
    """Why the answer is not a documented one; None if it is."""
    documented = _documented(path, method, str(answer.status))
    if documented is None:
        return f"status {answer.status}"
    fields, bodies = documented
    try:
        assert_fields(answer, fields)
        if method == "HEAD" or not bodies:
            assert not answer.body, "a body"
        else:
            (media_type,) = answer.all("Content-Type")
            assert media_type in bodies, media_type
            bodies[media_type].validate(answer.json if media_type == "application/json" else answer.text)
    except (AssertionError, ValueError, jsonschema.ValidationError) as error:
        return f"status {answer.status}: {str(error).splitlines()[0]}"
    return None
