"""How examples are brought about: by name, a function of the world and the example that returns the answer."""

import json

from testbed import http_client

PROVOKERS = {}


def provokes(*names):
    def register(function):
        PROVOKERS.update(dict.fromkeys(names, function))
        return function

    return register


def post(stack, example, body, *headers):
    """Sends a body, of bytes or for JSON, to the example's path."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http_client.request(stack.port, example.method, example.path, headers, body)


def ask(server, example, *headers):
    """Sends the example's request as it ought to be, with a code or token that nobody knows."""
    body = None if example.key is None else json.dumps({example.key: "a"}).encode()
    return http_client.request(server.port, example.method, example.path, headers, body)
