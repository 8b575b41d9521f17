"""How to provoke each example: by its name, a function that takes the world and the example and returns the answer."""

import json

from testbed import http_client

PROVOKERS = {}


def provokes(*names):
    def register(function):
        PROVOKERS.update(dict.fromkeys(names, function))
        return function

    return register


def post(stack, example, body, *headers):
    """Sends a body to the example's path, as JSON unless it is bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http_client.request(stack.port, example.method, example.path, headers, body)


def ask(server, example, *headers):
    """Sends a correct request for the example, but with an unknown code or token."""
    body = None if example.key is None else json.dumps({example.key: "a"}).encode()
    return http_client.request(server.port, example.method, example.path, headers, body)
