"""Checks that a contestant does the whole job before it is measured."""

import base64
import hashlib
import hmac
import http.client

from testbed import http_client
from testbed.processes import wait_until
from testbed.servers import CLIENT_KEY, CLIENT_SECRET

_TOKEN = '{"access_token":"preflight"}'


def post(port, path, body):
    return http_client.request(port, "POST", path, body=body.encode(), timeout=15)


def check(contestant, upstream, marker):
    """Waits until it answers 200, and raises an error unless answer and signature are as Tiki wants them."""
    if not contestant.services():
        return

    last = ["nothing"]

    def is_answered():
        for service in contestant.services():
            service.check()
        try:
            answer = post(contestant.port, "/auth_exchange", f'{{"code":"{marker}"}}')
        except (ConnectionError, http.client.HTTPException) as error:
            last[0] = repr(error)
            return None
        last[0] = f"{answer.status} {answer.text}"
        return answer if answer.status == 200 else None

    try:
        answer = wait_until(is_answered, f"{contestant.name} answers 200")
    except (RuntimeError, TimeoutError) as error:
        words = "".join(service.last_words() for service in contestant.services())
        raise RuntimeError(f"{error}; it has answered {last[0]}\n{words}") from None
    if "access_token" not in answer.json["data"]:
        raise RuntimeError(f"{contestant.name} does not answer what Tiki does: {answer.text[:200]}")
    if contestant.signs:
        _check_signature(contestant, upstream)


def _check_signature(contestant, upstream):
    before = len(upstream.signed())
    answer = post(contestant.port, "/auth_info", _TOKEN)
    # nginx writes its log after the answer.
    sent = wait_until(lambda: upstream.signed()[before:], f"{contestant.name} calls for /auth_info", 5)[0]
    payload = f"{sent['timestamp']}.{CLIENT_KEY}.{_TOKEN}".encode()
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=")
    expected = hmac.new(CLIENT_SECRET.encode(), encoded, hashlib.sha256).hexdigest()
    if answer.status != 200 or sent["client"] != CLIENT_KEY or not hmac.compare_digest(sent["signature"], expected):
        raise RuntimeError(f"{contestant.name} does not sign as Tiki wants it")
