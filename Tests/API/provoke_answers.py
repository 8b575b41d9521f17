"""The examples of Tiki's answers, and of what this backend answers when nothing is wrong."""

import json

from provoke import ask, post, provokes
from testbed import http_client

TIKI_PATHS = {
    "/auth_exchange": "/oauth/auth/token",
    "/auth_refresh": "/oauth/auth/token/refresh",
    "/auth_info": "/oauth/me",
}


def tokens(world, **wishes):
    body = json.dumps({"code": world.usual.sandbox.code(**wishes)}).encode()
    return http_client.request(world.usual.port, "POST", "/auth_exchange", body=body)


@provokes("tokens")
def _(world, example):
    return tokens(world)


@provokes("tokens_without_offline")
def _(world, example):
    return tokens(world, scopes=["user_profile"])


@provokes("refreshed_tokens", "customer")
def _(world, example):
    return post(world.usual, example, {example.key: tokens(world).json["data"][example.key]})


@provokes("invalid_code", "invalid_token")
def _(world, example):
    return ask(world.usual, example)


# The sandbox is told what to answer: these words are from Tiki's documentation, its own refusals have others.
@provokes("invalid_signature", "tiki_error_with_metadata")
def _(world, example):
    body = json.dumps(example.value, separators=(",", ":"))
    world.usual.sandbox.fault(path=TIKI_PATHS[example.path], status=int(example.status), body=body)
    return ask(world.usual, example)


@provokes("greeting", "live", "ready", "validation_file")
def _(world, example):
    return ask(world.usual, example)


@provokes("metrics")
def _(world, example):
    http_client.request(world.usual.port, "POST", "/auth_exchange", body=b"{}")
    return ask(world.usual, example)
