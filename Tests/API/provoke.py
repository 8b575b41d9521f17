"""How to provoke each example: by its name, a function of the world and the example that returns the answer."""

import json
import signal

from testbed import fastcgi, http_client

TIKI_PATHS = {
    "/auth_exchange": "/oauth/auth/token",
    "/auth_refresh": "/oauth/auth/token/refresh",
    "/auth_info": "/oauth/me",
}

# nginx is told to answer with the status; the answer's text and header fields are compared as for the others.
NOT_BY_ITS_CAUSE = {
    "internal_error": "takes an nginx without memory or connections",
    "length_required": "only the calls want a length; test_client_limits.py has chunked bodies",
    "misdirected_request": "takes TLS and two names; Tests/Deploy/vm-site.sh has them",
    "service_unavailable": "takes limits whose statuses an operator has changed",
}


def post(stack, example, body, *headers):
    """Sends a body to the example's path, as JSON unless it is bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http_client.request(stack.port, example.method, example.path, headers, body)


def ask(server, example, *headers):
    """Sends a correct request for the example, but with an unknown code or token."""
    body = None if example.key is None else json.dumps({example.key: "a"}).encode()
    return http_client.request(server.port, example.method, example.path, headers, body)


def asked(server, *headers):
    """Provokes by that, at a server of the world."""
    return lambda world, example: ask(getattr(world, server), example, *headers)


def with_body(make, *headers, server="usual"):
    """Provokes by a body, which is made from the key that the route requires."""
    return lambda world, example: post(getattr(world, server), example, make(example.key), *headers)


def by_tiki(**fault):
    """Provokes by what the sandbox is told to do."""

    def provoke(world, example):
        world.usual.sandbox.fault(path=TIKI_PATHS[example.path], **fault)
        return ask(world.usual, example)

    return provoke


def in_words_of_tiki(world, example):
    """These words are from Tiki's documentation, the sandbox's own refusals have others."""
    body = json.dumps(example.value, separators=(",", ":"))
    return by_tiki(status=int(example.status), body=body)(world, example)


def by_lines(*lines, query="", version="1.1", server="usual"):
    """Provokes by a request that has only the given lines."""

    def provoke(world, example):
        first = f"{example.method} {example.path}{query} HTTP/{version}"
        data = "\r\n".join([first, "Host: a", *lines, "", ""]).encode()
        return http_client.send(getattr(world, server).port, data, example.method)

    return provoke


def by_method(choose):
    return lambda world, example: http_client.request(world.usual.port, choose(example.method), example.path)


def without_nginx(server="usual", body=b"", **params):
    """Provokes by a request to the responder itself: nginx's sub-request, or one that nginx would not send."""

    def provoke(world, example):
        params.setdefault("REQUEST_ID", "9f2d6c1be07a4853b6c1d2e3f4051627")
        request = fastcgi.request(example.method, example.path, body, **params)
        return fastcgi.ask(getattr(world, server).responder.socket, request)

    return provoke


def tokens(world, **wishes):
    body = json.dumps({"code": world.usual.sandbox.code(**wishes)}).encode()
    return http_client.request(world.usual.port, "POST", "/auth_exchange", body=body)


def with_token(world, example):
    return post(world.usual, example, {example.key: tokens(world).json["data"][example.key]})


def metrics(world, example):
    http_client.request(world.usual.port, "POST", "/auth_exchange", body=b"{}")
    return ask(world.usual, example)


def too_many_requests(world, example):
    for _ in range(1000):
        answer = ask(world.limited, example)
        if answer.status == 429:
            break
    return answer


def not_ready(world, example):
    """The socket closes with the same signal: only a connection that nginx had opened before, unfilled, gets this."""
    responder = world.new_responder()
    with fastcgi.connect(responder.socket) as connection:
        connection.sendall(fastcgi.head(example.method, example.path))
        # Once a later connection is answered, this one has been accepted.
        fastcgi.ask(responder.socket, fastcgi.request("GET", "/health/live"))
        responder.send_signal(signal.SIGTERM)
        responder.wait_until_closed()
        connection.sendall(fastcgi.stdin())
        return fastcgi.answer(connection)


PROVOKERS = {
    # Nothing is wrong, or Tiki says what is.
    "tokens": lambda world, example: tokens(world),
    "tokens_without_offline": lambda world, example: tokens(world, scopes=["user_profile"]),
    **dict.fromkeys(("refreshed_tokens", "customer"), with_token),
    **dict.fromkeys(("invalid_code", "invalid_token"), asked("usual")),
    **dict.fromkeys(("invalid_signature", "tiki_error_with_metadata"), in_words_of_tiki),
    **dict.fromkeys(("greeting", "live", "ready", "validation_file"), asked("usual")),
    "metrics": metrics,
    # The body is wrong.
    "no_payload": with_body(lambda key: b"{}"),
    "invalid_json": with_body(lambda key: f"{{{key}: 'a'}}".encode()),
    "invalid_payload": with_body(lambda key: ["a"]),
    "duplicate_key": with_body(lambda key: b'{"%s":"a","device":"x","device":"y"}' % key.encode()),
    "missing_key": with_body(lambda key: {"unknown": "a"}),
    "invalid_value": with_body(lambda key: {key: ""}),
    "payload_too_large_for_nginx": with_body(lambda key: b" " * 16_385),
    "payload_too_large_for_backend": with_body(lambda key: b" " * 101, server="without_tiki"),
    "encoded_body": with_body(lambda key: {key: "a"}, "Content-Encoding: gzip"),
    "unsupported_media_type": with_body(lambda key: b"a=a", "Content-Type: application/x-www-form-urlencoded"),
    # nginx passes on a body only if it is as long as announced.
    "invalid_content_length": without_nginx(body=b"{}", CONTENT_LENGTH="5"),
    # The request line or a header field is.
    "bad_request": by_lines("Host: b"),
    "not_implemented": by_lines("Transfer-Encoding: gzip"),
    "http_version_not_supported": by_lines(version="3.0"),
    "uri_too_long": by_lines(query=f"?{'a' * 40_000}"),
    "headers_too_large": by_lines(f"X: {'a' * 40_000}"),
    "not_found": lambda world, example: http_client.request(world.usual.port, example.method, "/nowhere"),
    "method_not_allowed": by_method(lambda method: "GET" if method == "POST" else "POST"),
    "method_not_allowed_by_nginx": by_method(lambda method: "TRACE"),
    "missing_access_token": without_nginx(),
    "invalid_access_token": without_nginx(HTTP_AUTHORIZATION="Bearer a"),
    "verification_unavailable": without_nginx("without_tiki", HTTP_AUTHORIZATION="Bearer a"),
    "missing_param": without_nginx(REQUEST_METHOD=""),
    "forbidden": asked("usual", "X-Forwarded-For: 127.0.0.1"),
    "https_required": asked("plain"),
    # A server is overloaded, too late or not there.
    "too_many_requests": too_many_requests,
    "request_timeout": by_lines("Connection: close", "Content-Length: 5", server="hasty"),
    "overloaded": asked("busy"),
    "upstream_unreachable": asked("without_tiki"),
    "upstream_invalid_response": by_tiki(garbage=True),
    "upstream_unavailable": by_tiki(status=503, body="<html>", content_type="text/html"),
    "too_many_requests_at_tiki": by_tiki(status=429, body="<html>", content_type="text/html"),
    "upstream_timeout": asked("impatient"),
    "store_unavailable": asked("without_store"),
    "in_progress": asked("second"),
    "shutting_down": lambda world, example: world.ended[1][example.path],
    "backend_unavailable": lambda world, example: ask(world.ended[0], example),
    "backend_timeout": lambda world, example: world.silent[example.method, example.path].result(),
    "not_ready": not_ready,
    **dict.fromkeys(NOT_BY_ITS_CAUSE, lambda world, example: ask(world.told, example, f"X-Answer: {example.status}")),
}
