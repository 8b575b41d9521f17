"""The examples of what is wrong with a request."""

from provoke import PROVOKERS, ask, post, provokes
from testbed import fastcgi, http_client

# --- the body ----------------------------------------------------------------------------------------------


def provokes_with_body(name, body):
    """`body` is a function of the key that the route requires."""
    PROVOKERS[name] = lambda world, example: post(world.usual, example, body(example.key))


provokes_with_body("no_payload", lambda key: b"{}")
provokes_with_body("invalid_json", lambda key: f"{{{key}: 'a'}}".encode())
provokes_with_body("invalid_payload", lambda key: ["a"])
provokes_with_body("duplicate_key", lambda key: b'{"%s":"a","device":"x","device":"y"}' % key.encode())
provokes_with_body("missing_key", lambda key: {"unknown": "a"})
provokes_with_body("invalid_value", lambda key: {key: ""})
provokes_with_body("payload_too_large_for_nginx", lambda key: b" " * 16_385)


@provokes("payload_too_large_for_backend")
def _(world, example):
    return post(world.small, example, b" " * 101)


@provokes("encoded_body")
def _(world, example):
    return post(world.usual, example, {example.key: "a"}, "Content-Encoding: gzip")


@provokes("unsupported_media_type")
def _(world, example):
    return post(world.usual, example, b"code=a", "Content-Type: application/x-www-form-urlencoded")


# nginx passes on a body only if it is as long as announced, so this goes to the responder directly.
@provokes("invalid_content_length")
def _(world, example):
    request = fastcgi.request(example.method, example.path, b"{}", CONTENT_LENGTH="5")
    return fastcgi.ask(world.usual.responder.socket, request)


# --- request line and header -------------------------------------------------------------------------------


def lines(world, example, *lines_after_first, target=None, version="1.1"):
    """Sends a request that has only the given lines."""
    first = f"{example.method} {target or example.path} HTTP/{version}"
    data = "\r\n".join([first, *lines_after_first, "", ""]).encode()
    return http_client.send(world.usual.port, data, example.method)


@provokes("bad_request")
def _(world, example):
    return lines(world, example, "Host: a", "Host: b")


@provokes("not_implemented")
def _(world, example):
    return lines(world, example, "Host: a", "Transfer-Encoding: gzip")


@provokes("http_version_not_supported")
def _(world, example):
    return lines(world, example, "Host: a", version="3.0")


@provokes("uri_too_long")
def _(world, example):
    return lines(world, example, "Host: a", target=f"{example.path}?{'a' * 40_000}")


@provokes("headers_too_large")
def _(world, example):
    return lines(world, example, "Host: a", f"X: {'a' * 40_000}")


@provokes("not_found")
def _(world, example):
    return http_client.request(world.usual.port, example.method, "/nowhere")


@provokes("method_not_allowed")
def _(world, example):
    return http_client.request(world.usual.port, "GET" if example.method == "POST" else "POST", example.path)


@provokes("method_not_allowed_by_nginx")
def _(world, example):
    return http_client.request(world.usual.port, "TRACE", example.path)


def verify(world, example, authorization=None):
    """As nginx's sub-request comes; no other request reaches that path."""
    params = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    request = fastcgi.request(example.method, example.path, REQUEST_ID="9f2d6c1be07a4853b6c1d2e3f4051627", **params)
    return fastcgi.ask(world.responder.socket, request)


@provokes("missing_access_token")
def _(world, example):
    return verify(world.usual, example)


@provokes("invalid_access_token")
def _(world, example):
    return verify(world.usual, example, "Bearer a")


@provokes("verification_unavailable")
def _(world, example):
    return verify(world.without_tiki, example, "Bearer a")


@provokes("forbidden")
def _(world, example):
    return ask(world.usual, example, "X-Forwarded-For: 127.0.0.1")


@provokes("https_required")
def _(world, example):
    return ask(world.plain, example)
