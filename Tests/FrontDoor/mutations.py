"""Mutated requests, and how to send them. The same seed makes the same stream."""

import itertools
import random
import struct

# What the peer does after the last byte: closes its sending side and reads; closes without reading; reads, so that only
# the responder can end an unfinished request.
HALF_CLOSE, CLOSE, WAIT = "half-close", "close", "wait"
TELLING = bytes([0, 1, 2, 4, 5, 7, 8, 9, 0x7F, 0x80, 0xFE, 0xFF])


def stream(samples, seed):
    """What to write, one after the other, and the ending, made from one of some valid requests."""
    chance = random.Random(seed)
    data = bytearray(chance.choice(samples))
    for _ in range(chance.randint(0, 4)):
        if data:
            _mutate(data, samples, chance)
    cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randint(0, 3)))
    writes = [data[start:end] for start, end in itertools.pairwise([0, *cuts, len(data)])]
    (ending,) = chance.choices([HALF_CLOSE, CLOSE, WAIT], [160, 39, 1])
    return writes, ending


def _mutate(data, samples, chance):
    start = chance.randrange(len(data))
    end = start + chance.randint(1, 64)
    change = chance.randrange(9)
    if change < 3:
        data[start] = (data[start] ^ 1 << chance.randrange(8), chance.choice(TELLING), chance.randrange(256))[change]
    elif change == 3:
        del data[start:end]
    elif change == 4:
        at = chance.randint(0, len(data))
        data[at:at] = data[start:end]
    elif change == 5:
        del data[start:]
    elif change == 6:
        data += chance.choice(samples)[-start:]
    else:
        _mutate_header(data, chance)


def _mutate_header(data, chance):
    """Changes one field of one record's header: codecs are most sensitive to framing."""
    headers, at = [], 0
    while at + 8 <= len(data):
        length, padding = struct.unpack_from("!HB", data, at + 4)
        headers.append((at, at + 8 + length))
        at += 8 + length + padding
    if headers:
        header, end = chance.choice(headers)
        field = chance.randrange(8)
        data[header + field] = chance.choice(TELLING)
        # Half of the time, the padding agrees with its new length.
        if field == 6 and chance.random() < 0.5 and end <= len(data):
            data[end:end] = b"\xaa" * data[header + field]
