"""Many connections at once, each with one request; on one thread."""

import collections
import contextlib
import selectors
import socket
import time

from testbed import fastcgi, http_client


class Crowd:
    """To nginx's port, or to the socket of a responder. A connection ends when its peer closes it."""

    def __init__(self, peer):
        self._peer = peer
        self._selector = selectors.DefaultSelector()
        # An answer and its seconds, or None and the seconds, for each connection that has ended.
        self.answers = []

    def open(self, request=b""):
        """Connects and sends the request; without one, stays silent."""
        started = time.monotonic()
        is_port = isinstance(self._peer, int)
        connection = socket.socket(socket.AF_INET if is_port else socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", self._peer) if is_port else str(self._peer))
        # If the peer has closed by now, reading shows it: that counts as no answer.
        with contextlib.suppress(OSError):
            connection.sendall(request)
        self._selector.register(connection, selectors.EVENT_READ, (bytearray(), started))

    def __len__(self):
        """How many connections the peer has not closed."""
        return len(self._selector.get_map() or ())

    @property
    def statuses(self):
        """How many answers had each status; 0 is for connections that were closed without one."""
        return collections.Counter(answer.status if answer else 0 for answer, _ in self.answers)

    def read(self, seconds=60.0):
        """Reads until the peer has closed all connections, or until the time is over."""
        deadline = time.monotonic() + seconds
        while len(self) and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                self._read(key.fileobj, *key.data)
        return self

    def _read(self, connection, received, started):
        chunk = b""
        with contextlib.suppress(OSError):
            chunk = connection.recv(65536)
        received += chunk
        if chunk:
            return
        self._selector.unregister(connection)
        connection.close()
        answer = None
        with contextlib.suppress(ConnectionError):
            answer = (http_client if isinstance(self._peer, int) else fastcgi).parse(received)
        self.answers.append((answer, time.monotonic() - started))

    def leave(self):
        """Closes all connections, as if the clients had left."""
        for key in list((self._selector.get_map() or {}).values()):
            key.fileobj.close()
        self._selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()
