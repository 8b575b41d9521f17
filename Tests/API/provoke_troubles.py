"""The examples of servers in trouble: overloaded, too late, not there."""

import signal

from provoke import ask, provokes
from provoke_answers import TIKI_PATHS
from testbed import fastcgi, http_client

# All others are provoked through nginx.
NOT_THROUGH_NGINX = {
    "invalid_content_length": "nginx passes on a body only if it is as long as announced",
    "missing_param": "nginx passes all that is needed",
    "missing_access_token": "only a sub-request of nginx gets there; test_verify.py has one",
    "invalid_access_token": "the same",
    "verification_unavailable": "the same",
    "not_ready": "the listening socket closes with the same signal: only a connection that nginx has opened before, "
    "and not filled yet, gets this",
}

# nginx is told to answer with the status; the answer's text and header fields are compared as for the others.
NOT_BY_ITS_CAUSE = {
    "length_required": "only the calls want a length; test_client_limits.py has chunked bodies",
    "misdirected_request": "takes TLS and two names; Tests/Deploy/vm-site.sh has them",
    "service_unavailable": "takes limits whose statuses an operator has changed",
}


@provokes("too_many_requests")
def _(world, example):
    for _ in range(1000):
        answer = ask(world.limited, example)
        if answer.status == 429:
            break
    return answer


@provokes("request_timeout")
def _(world, example):
    head = f"{example.method} {example.path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n"
    return http_client.send(world.hasty.port, head.encode(), example.method)


@provokes("overloaded")
def _(world, example):
    return ask(world.busy, example)


@provokes("internal_error")
def _(world, example):
    return ask(world.cramped, example)


@provokes("missing_param")
def _(world, example):
    request = fastcgi.request(example.method, example.path, REQUEST_METHOD="")
    return fastcgi.ask(world.usual.responder.socket, request)


@provokes("upstream_unreachable")
def _(world, example):
    return ask(world.without_tiki, example)


@provokes("upstream_invalid_response")
def _(world, example):
    world.usual.sandbox.fault(path=TIKI_PATHS[example.path], garbage=True)
    return ask(world.usual, example)


@provokes("upstream_unavailable")
def _(world, example):
    world.usual.sandbox.fault(path=TIKI_PATHS[example.path], status=503, body="<html>", content_type="text/html")
    return ask(world.usual, example)


@provokes("too_many_requests_at_tiki")
def _(world, example):
    world.usual.sandbox.fault(path=TIKI_PATHS[example.path], status=429, body="<html>", content_type="text/html")
    return ask(world.usual, example)


@provokes("upstream_timeout")
def _(world, example):
    return ask(world.impatient, example)


@provokes("store_unavailable")
def _(world, example):
    return ask(world.without_store, example)


@provokes("in_progress")
def _(world, example):
    return ask(world.second, example)


@provokes("shutting_down")
def _(world, example):
    return world.ended[1][example.path]


@provokes("backend_unavailable")
def _(world, example):
    return ask(world.ended[0], example)


@provokes("backend_timeout")
def _(world, example):
    return world.silent[example.method, example.path].result()


@provokes("not_ready")
def _(world, example):
    responder = world.new_responder()
    with fastcgi.connect(responder.socket) as connection:
        connection.sendall(fastcgi.head(example.method, example.path))
        # Once a later connection is answered, this one has been accepted.
        fastcgi.ask(responder.socket, fastcgi.request("GET", "/health/live"))
        responder.send_signal(signal.SIGTERM)
        responder.wait_until_closed()
        connection.sendall(fastcgi.stdin())
        return fastcgi.answer(connection)


@provokes(*NOT_BY_ITS_CAUSE)
def _(world, example):
    return ask(world.told, example, f"X-Answer: {example.status}")
