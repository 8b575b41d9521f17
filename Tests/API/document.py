"""Reads openapi.yaml: its operations, and every example in it."""

import dataclasses

import jsonschema
import yaml
from testbed.places import ROOT

PATH = ROOT / "openapi.yaml"
METHODS = ("get", "head", "post")


# Paths that only nginx's own sub-requests reach; from outside they are unknown.
INTERNAL = {"/auth_verify"}


def as_written():
    return yaml.safe_load(PATH.read_text(encoding="utf-8"))


def load():
    """The document with the answers of every path in each operation, where it has no answer of its own."""
    document = as_written()
    every = document["x-every-path"]
    for path, item in document["paths"].items():
        if path in INTERNAL:
            continue
        for method in item.keys() & {"get", "options", "post"}:
            item[method]["responses"] = every | item[method]["responses"]
        if "head" in item:
            error = {"$ref": "#/components/responses/HeadError"}
            item["head"]["responses"] = dict.fromkeys(item["get"]["responses"], error) | item["head"]["responses"]
    return document


DOCUMENT = load()
TEMPLATES = DOCUMENT["paths"]


def concrete(path):
    """A path of the document with the example of each parameter in its place."""
    for parameter in TEMPLATES[path].get("parameters", []):
        path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    return path


# For the tests, which send them.
DOCUMENT["paths"] = {concrete(path): item for path, item in TEMPLATES.items()}


def resolved(value):
    """Follows references."""
    while isinstance(value, dict) and "$ref" in value:
        target = DOCUMENT
        for key in value["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        value = target
    return value


def validator(schema):
    """For a schema of the document, which may refer to its components."""
    return jsonschema.Draft202012Validator({"components": DOCUMENT["components"], "allOf": [schema]})


@dataclasses.dataclass(frozen=True)
class Example:
    """An example of a response, and what its answer must agree with. `path` is None for any unlisted path."""

    method: str
    path: str | None
    status: str
    name: str
    value: object
    media_type: str
    schema: dict
    headers: dict

    def __str__(self):
        return f"{self.method} {self.path or '(any other path)'} {self.status} {self.name}"

    @property
    def key(self):
        """The key that a body for this path must have."""
        return REQUIRED_KEYS.get(self.path)


def operations():
    """Path, method in capitals, operation."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method.upper(), item[method]


def _examples(method, path, status, response):
    response = resolved(response)
    headers = {name: resolved(header) for name, header in response.get("headers", {}).items()}
    for media_type, content in response.get("content", {}).items():
        for name, example in content.get("examples", {}).items():
            value = resolved(example)["value"]
            yield Example(method, path, status, name, value, media_type, content["schema"], headers)


def response_examples():
    """Every example of every operation, and those of the one response that no listed path gives."""
    for path, method, operation in operations():
        for status, response in operation["responses"].items():
            yield from _examples(method, path, status, response)
    yield from _examples("GET", None, "404", DOCUMENT["components"]["responses"]["NotFound"])


def request_examples():
    """Path, name and value of every request body's example."""
    for path, _, operation in operations():
        body = resolved(operation.get("requestBody", {}))
        for content in body.get("content", {}).values():
            for name, example in content["examples"].items():
                yield path, name, resolved(example)["value"]


def request_schema(path):
    return resolved(DOCUMENT["paths"][path]["post"]["requestBody"])["content"]["application/json"]["schema"]


REQUIRED_KEYS = {path: request_schema(path)["required"][0] for path, method, _ in operations() if method == "POST"}
