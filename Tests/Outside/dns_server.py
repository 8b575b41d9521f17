#!/usr/bin/env python3
"""A name server for the tests, over UDP and TCP.

    dns_server.py ADDRESS SETTINGS LOG

SETTINGS is a JSON file, read at each query:
    names       addresses by type by name: {"up.test": {"A": ["127.0.0.1"]}}; other names do not exist
    delay       seconds before an answer
    silent      types that are not answered
    unanswered  names that are not answered
    lose        types whose next query is lost, once for each change of the file
    code        the response code of every answer, such as 2 for SERVFAIL
    truncated   whether an answer over UDP is cut, so that TCP has to be used
LOG gets a line for each query: UDP or TCP, type, name.
"""

import asyncio
import ipaddress
import json
import os
import struct
import sys

TYPES = {1: "A", 28: "AAAA"}


class Server:
    def __init__(self, settings, log):
        self.settings_path = settings
        self.log = open(log, "a", buffering=1)  # noqa: SIM115
        self.version = None
        self.settings = {}

    def read_settings(self):
        version = os.stat(self.settings_path).st_mtime_ns
        if version != self.version:
            with open(self.settings_path) as file:
                self.settings = json.load(file)
            self.version = version

    def answer(self, query, protocol):
        """Seconds to wait and the answer to a query; None if there is none."""
        self.read_settings()
        labels, offset = [], 12
        while query[offset]:
            labels.append(query[offset + 1 : offset + 1 + query[offset]].decode())
            offset += 1 + query[offset]
        end = offset + 5
        name = ".".join(labels).lower()
        kind = TYPES.get(struct.unpack("!H", query[offset + 1 : offset + 3])[0], "other")
        self.log.write(f"{protocol} {kind} {name}\n")
        settings = self.settings
        if kind in settings.get("silent", []) or name in settings.get("unanswered", []):
            return None
        if kind in settings.get("lose", []):
            settings["lose"].remove(kind)
            return None
        known = settings["names"].get(name)
        code = settings.get("code", 0) or (3 if known is None else 0)
        addresses = [ipaddress.ip_address(text) for text in (known or {}).get(kind, [])] if code == 0 else []
        is_cut = bool(settings.get("truncated")) and protocol == "UDP"
        if is_cut:
            addresses = []
        flags = 0x8180 | code | (0x0200 if is_cut else 0)
        records = b"".join(
            struct.pack("!HHHIH", 0xC00C, 1 if address.version == 4 else 28, 1, 60, len(address.packed))
            + address.packed
            for address in addresses
        )
        head = query[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0)
        return settings.get("delay", 0), head + query[12:end] + records


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if answer := self.server.answer(data, "UDP"):
            asyncio.get_running_loop().call_later(answer[0], self.transport.sendto, answer[1], address)


async def serve(address, server):
    async def stream(reader, writer):
        try:
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                if answer := server.answer(await reader.readexactly(length), "TCP"):
                    await asyncio.sleep(answer[0])
                    writer.write(struct.pack("!H", len(answer[1])) + answer[1])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    await asyncio.get_running_loop().create_datagram_endpoint(lambda: Datagrams(server), (address, 53))
    await asyncio.start_server(stream, address, 53)
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(serve(sys.argv[1], Server(sys.argv[2], sys.argv[3])))
