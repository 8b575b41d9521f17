"""A connection of the stand-in for Tiki, and the requests that arrive on it."""

import asyncio
import contextlib
import json
import socket
import struct
import time
from typing import NamedTuple

from testbed import faults


class Arrival(NamedTuple):
    """A request that came."""

    head: str
    body: bytes
    # None if it came on a connection that had been closed on this side.
    fault: str | None
    # Of time.monotonic().
    time: float
    # The number of its connection, from 0.
    connection: int

    @property
    def request_line(self):
        return self.head.partition("\r\n")[0]

    @property
    def credential(self):
        """The code or token: the value of the body's first key."""
        return _credential(self.body)

    def values(self, name):
        """All values of a header field."""
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return [value.strip() for field, _, value in lines if field.lower() == name.lower()]


def _credential(body):
    try:
        return str(next(iter(json.loads(body).values())))
    except (ValueError, AttributeError, StopIteration):
        return ""


class Connection:
    """One that was accepted; coroutines serve it."""

    def __init__(self, upstream, number, reader, writer):
        self._upstream, self.number, self._reader, self.writer = upstream, number, reader, writer
        # Over TLS nobody gives it once the peer is gone.
        self._socket = writer.get_extra_info("socket")
        self._received = b""

    async def has_more(self, seconds=None):
        """Whether anything, or the connection's end, comes in time."""
        try:
            self._received += await asyncio.wait_for(self._reader.read(65536), seconds)
        except TimeoutError:
            return False
        return True

    async def next(self, fault=None):
        """The next request, once it is complete and noted; None at the connection's end."""
        while (arrival := self._take(fault)) is None:
            before = len(self._received)
            await self.has_more()
            if len(self._received) == before:
                return None
        return arrival

    def _take(self, fault=None, is_closed=False):
        head, end, rest = self._received.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if not end or len(rest) < length:
            return None
        body, self._received = rest[:length], rest[length:]
        fault = None if is_closed else fault or faults.asked(_credential(body))[0]
        arrival = Arrival(head.decode("latin-1"), body, fault, time.monotonic(), self.number)
        self._upstream.arrivals.append(arrival)
        return arrival

    async def send(self, data):
        if self.writer.is_closing() or self._reader.at_eof():
            raise ConnectionResetError
        self.writer.write(data)
        await self.writer.drain()

    async def serve(self):
        """Serves it to its end."""
        ending = faults.RESET
        with contextlib.suppress(ConnectionError):
            ending = await self._serve()
        self._upstream.ended += 1
        # The peer may have ended it by now.
        with contextlib.suppress(OSError):
            if ending == faults.RESET:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif self.writer.can_write_eof():
                # Only this side, where that can be: what still comes counts.
                self.writer.write_eof()
                while not self._reader.at_eof() and await self.has_more(0.5):
                    pass
        while self._take(is_closed=True):
            pass
        end = self.writer.transport.abort if ending == faults.RESET else self.writer.close
        end()

    async def _serve(self):
        door = self._upstream.door(self.number)
        if callable(door):
            door = await door(self)
        elif not isinstance(door, str):
            door = faults.OPEN if await self.has_more(door) else faults.CLOSE
        while door == faults.OPEN:
            arrival = await self.next()
            if arrival is None:
                return faults.RESET
            await self._upstream.wait_while_holding()
            answer = self._upstream.answer
            if isinstance(answer, bytes):
                await self.send(answer)
            else:
                door = await answer(self, arrival) or faults.OPEN
        return door
