"""A text that is nowhere else, in every form in which a log might show it, and requests that carry it everywhere."""

import base64
import concurrent.futures
import json
import random
import threading

from testbed import http_client
from testbed.faults import FAULTS, credential

ROUTES = {"/auth_exchange": "code", "/auth_refresh": "refresh_token", "/auth_info": "access_token"}
FORMATS = ("%02x", "%02X", "%%%02x", "%%%02X", "\\x%02x", "\\x%02X", "\\u%04x", "\\u%04X")


class Canary:
    """Letters and digits. A token that contains them is found by any part of them."""

    def __init__(self):
        self.text = "".join(random.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=24))
        raw = self.text.encode()
        self._encoded = []
        for offset in range(3):
            # Its position shifts it by up to two of three bytes. Without the characters that mix with neighbours' bits.
            shifted = base64.b64encode(bytes(offset) + raw)[offset + 1 if offset else 0 : -4]
            self._encoded += [shifted, shifted.translate(bytes.maketrans(b"+/", b"-_"))]
        self._encoded += ["".join(form % byte for byte in raw).encode() for form in FORMATS]
        # A log may cut a token short; even eight characters of it are too many.
        self._parts = [raw[at : at + 8] for at in range(len(raw) - 7)]

    def traces(self, content):
        """The forms in which it occurs there."""
        return [look for look in self._parts + self._encoded if look in content]


class Traffic:
    """Sends every kind of request with a canary in it, and keeps what was returned, except Tiki's bodies."""

    def __init__(self, nginx, canary):
        self._port, self._text = nginx.port, canary.text
        self._lock = threading.Lock()
        self.own_answers = b""

    def _send(self, method, target, headers=(), body=None):
        self._note(http_client.request(self._port, method, target, headers, body))

    def _note(self, answer):
        is_own = answer.body.startswith(b'{"data":null,"error":{"code"')
        with self._lock:
            self.own_answers += b"%d %r\n%s\n" % (answer.status, answer.headers, answer.body if is_own else b"")

    def _ask(self, path, fault, name, pause=0):
        """Asks the upstream for a fault."""
        body = json.dumps({ROUTES[path]: credential(fault, name + self._text, pause)})
        self._send("POST", path, body=body.encode())

    def exchange(self, fault, name=""):
        self._ask("/auth_exchange", fault, name)

    def every_fault(self):
        """Each fault of the upstream on each route."""
        with concurrent.futures.ThreadPoolExecutor(3 * len(FAULTS)) as pool:
            asked = [pool.submit(self._ask, path, fault, ROUTES[path], 0.001) for path in ROUTES for fault in FAULTS]
        for one in asked:
            one.result()

    def every_mistake(self):
        """Every kind of mistake and excess of a client."""
        text = self._text
        bodies = ['{"code":"T",}', '{"code":["T"]}', '{"kode":"T"}', '["T"]', "T", '{"code":"T\\ud800"}']
        bodies += ['{"T.x":1,"T.x":1}', '{"code":"T', '{"code":"T%s"}' % ("x" * 20_000), '{"code":"%s"}' % ("T" * 600)]
        for body in bodies:
            self._send("POST", "/auth_exchange", body=body.replace("T", text).encode())
        names = "Cookie User-Agent Referer X-Request-Id X-Forwarded-For".split()
        fields = [f"Authorization: Bearer {text}", f"X-Cloud-Trace-Context: {text}/1;o=1"]
        for field in fields + [f"{name}: {text}" for name in names]:
            self._send("POST", f"/auth_info?code={text}", [field], b"{}")
        for path in (f"/{text}", f"/auth_info/{text}", f"/metrics?{text}", f"/health/ready?{text}"):
            self._send("PUT", path, [f"Content-Type: text/{text}"], text.encode())
        # Without a length, nginx must buffer it, or refuse it.
        body = b'{"code":["%s","%s"]}' % (text.encode(), b"y" * 16_000)
        head = b"POST /auth_exchange HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        self._note(http_client.send(self._port, head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), "POST"))
