"""Before anything is measured: does a contestant do the whole job?"""

import base64
import hashlib
import hmac
import http.client
import json

from .contestant import CLIENT_KEY, CLIENT_SECRET
from .processes import wait_until

_TOKEN = '{"access_token":"preflight"}'


def post(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def check(contestant, upstream, marker):
    """Waits until it answers 200, and raises unless answer and signature are Tiki's."""
    if not contestant.services():
        return

    last = ["nothing"]

    def answer():
        for service in contestant.services():
            service.check()
        try:
            status, body = post(contestant.port, "/auth_exchange", f'{{"code":"{marker}"}}')
        except (ConnectionError, http.client.HTTPException) as error:
            last[0] = repr(error)
            return None
        last[0] = f"{status} {body.decode(errors='replace')}"
        return body if status == 200 else None

    try:
        answer = wait_until(answer, 20, f"{contestant.name} answers 200")
    except RuntimeError as error:
        words = "".join(service.last_words() for service in contestant.services())
        raise RuntimeError(f"{error}; it has answered {last[0]}\n{words}") from None
    if "access_token" not in json.loads(answer)["data"]:
        raise RuntimeError(f"{contestant.name} does not answer what Tiki does: {answer[:200]}")
    if contestant.signs:
        _check_signature(contestant, upstream)


def _check_signature(contestant, upstream):
    before = len(upstream.signed())
    status, _ = post(contestant.port, "/auth_info", _TOKEN)
    # nginx writes its log after the answer.
    sent = wait_until(lambda: upstream.signed()[before:], 5, f"{contestant.name} calls for /auth_info")[0]
    payload = f"{sent['timestamp']}.{CLIENT_KEY}.{_TOKEN}".encode()
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=")
    expected = hmac.new(CLIENT_SECRET.encode(), encoded, hashlib.sha256).hexdigest()
    if status != 200 or sent["client"] != CLIENT_KEY or not hmac.compare_digest(sent["signature"], expected):
        raise RuntimeError(f"{contestant.name} does not sign as Tiki wants it")
