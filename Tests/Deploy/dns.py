#!/usr/bin/env python3
"""Answers DNS queries on 127.0.0.53: 127.0.0.1 for the names given, no such name for any other."""

import socket
import struct
import sys


def answer(query, known):
    labels = []
    offset = 12
    while query[offset]:
        labels.append(query[offset + 1 : offset + 1 + query[offset]].decode())
        offset += 1 + query[offset]
    end = offset + 5
    (kind,) = struct.unpack("!H", query[offset + 1 : offset + 3])
    is_known = ".".join(labels).lower() in known
    # It has only an A record. Asking for other types is not an error.
    address = socket.inet_aton("127.0.0.1") if is_known and kind == 1 else b""
    flags = 0x8180 if is_known else 0x8183
    head = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if address else 0, 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + address if address else b""
    return head + query[12:end] + record


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.53", 53))
print("listening", flush=True)
while True:
    data, client = server.recvfrom(512)
    server.sendto(answer(data, sys.argv[1:]), client)
