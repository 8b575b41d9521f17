"""A name server for the tests, over UDP and TCP, on threads.

Its settings:
    names       addresses by type by name: {"up.test": {"A": ["127.0.0.1"]}}; other names do not exist
    delay       seconds before an answer
    silent      types that are not answered
    unanswered  names that are not answered
    lose        types whose next query is lost
    code        the response code of every answer, such as 2 for SERVFAIL
    truncated   whether an answer over UDP is cut, so that TCP has to be used

As a program, `dns_server.py ADDRESS NAME…`, it has 127.0.0.1 for these names.
"""

import ipaddress
import socketserver
import struct
import sys
import threading
import time

TYPES = {1: "A", 28: "AAAA"}


class _Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        query, socket = self.request
        if answer := self.server.names.answer(query, "UDP"):
            socket.sendto(answer, self.client_address)


class _Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while length := self.rfile.read(2):
            if answer := self.server.names.answer(self.rfile.read(int.from_bytes(length)), "TCP"):
                self.wfile.write(struct.pack("!H", len(answer)) + answer)


class NameServer:
    """Serves until the process ends."""

    def __init__(self, address):
        self.settings = {}
        # Protocol, type and name of each query.
        self.queries = []
        for kind, handler in [(socketserver.ThreadingUDPServer, _Datagram), (socketserver.ThreadingTCPServer, _Stream)]:
            server = kind((address, 53), handler)
            server.names = self
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def answer(self, query, protocol):
        """The answer to a query when it is time for it; None if there is none."""
        labels, offset = [], 12
        while query[offset]:
            labels.append(query[offset + 1 : offset + 1 + query[offset]].decode())
            offset += 1 + query[offset]
        end = offset + 5
        name = ".".join(labels).lower()
        kind = TYPES.get(struct.unpack("!H", query[offset + 1 : offset + 3])[0], "other")
        self.queries.append((protocol, kind, name))
        settings = self.settings
        if kind in settings.get("silent", []) or name in settings.get("unanswered", []):
            return None
        if kind in settings.get("lose", []):
            settings["lose"].remove(kind)
            return None
        known = settings["names"].get(name)
        code = settings.get("code", 0) or (3 if known is None else 0)
        is_cut = bool(settings.get("truncated")) and protocol == "UDP"
        is_empty = code or is_cut
        addresses = [] if is_empty else [ipaddress.ip_address(text) for text in (known or {}).get(kind, [])]
        flags = 0x8180 | code | (0x0200 if is_cut else 0)
        records = b"".join(
            struct.pack("!HHHIH", 0xC00C, 1 if address.version == 4 else 28, 1, 60, len(address.packed))
            + address.packed
            for address in addresses
        )
        head = query[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0)
        time.sleep(settings.get("delay", 0))
        return head + query[12:end] + records


if __name__ == "__main__":
    NameServer(sys.argv[1]).settings = {"names": {name: {"A": ["127.0.0.1"]} for name in sys.argv[2:]}}
    print("listening", flush=True)
    threading.Event().wait()
