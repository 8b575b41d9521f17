"""A stand-in for Tiki, on a thread of the tests: it fails in every way, holds answers back, and keeps what arrived.

    with Upstream() as upstream:
        responder = Responder(folder, upstream.auth_endpoint)
        …a request with the code faults.credential("reset_in_head", "a")…
        assert [arrival.fault for arrival in upstream.arrivals] == ["reset_in_head"]

Each request asks for its own fault by its code or token; without one it gets tokens. A door says what becomes of a
connection before any request. `answer` replaces that for all of them.
"""

import asyncio
import socket
import ssl
import threading

from testbed import faults
from testbed.processes import wait_until
from testbed.upstream_connection import Connection


class Upstream:
    """`stop()` ends it, or the end of a `with`."""

    def __init__(
        self, port=0, door=lambda _: faults.OPEN, answer=faults.serve, tls=None, is_holding=False, address="127.0.0.1"
    ):
        """`tls` are the files of a certificate and its key.

        `door` makes from a connection's number "open", "close", "reset", the seconds in which a request must come, or
        a coroutine of the connection that returns one of those words. `answer` may be changed at any time: the bytes
        for every request, or a coroutine of connection and arrival that answers, and returns such a word or None.
        """
        self.door, self.answer = door, answer
        self.arrivals = []
        # Connections: accepted, with the handshake; and closed or reset on this side.
        self.accepted = self.ended = 0
        self._is_holding = is_holding
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, port), family=family, backlog=4096)
        self.port = listener.getsockname()[1]
        self._scheme = "https" if tls else "http"
        self._loop = asyncio.new_event_loop()
        self._released, self._stopped = asyncio.Event(), asyncio.Event()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, tls, started), daemon=True)
        self._thread.start()
        started.wait(60)

    @property
    def auth_endpoint(self):
        return f"{self._scheme}://127.0.0.1:{self.port}/tiniapp-open-api/oauth/auth/token"

    def hold(self):
        """Holds back the answers to all requests from now on, until `release()`."""
        self._is_holding = True

    def release(self):
        self._is_holding = False
        self._loop.call_soon_threadsafe(self._released.set)

    async def wait_while_holding(self):
        while self._is_holding:
            self._released.clear()
            await self._released.wait()

    def wait_for(self, count):
        """Waits until so many requests have arrived."""
        wait_until(lambda: len(self.arrivals) >= count, f"{count} calls at the upstream", interval=0.005)

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _run(self, listener, tls, started):
        context = None
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*tls)

        async def accept(reader, writer):
            self.accepted += 1
            try:
                await Connection(self, self.accepted - 1, reader, writer).serve()
            except asyncio.CancelledError:
                # Not raised again when the server is stopped: Python 3.11 would print it.
                writer.transport.abort()

        async def main():
            server = await asyncio.start_server(accept, sock=listener, ssl=context, backlog=4096)
            started.set()
            await self._stopped.wait()
            server.close()

        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(main())
