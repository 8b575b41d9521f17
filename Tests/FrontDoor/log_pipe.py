"""A log that is read only when told to."""

import contextlib
import json
import os
import threading


class LogPipe:
    def __init__(self, path):
        self.path, self.text = path, ""
        os.mkfifo(path, 0o600)
        # With a reader, whoever opens it for writing does not wait.
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.begin = self._thread.start

    def fill(self):
        """To the last byte."""
        end = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(end, b"\n" * size)
        os.close(end)
        return self.path

    def _read(self):
        os.set_blocking(self.reader, True)
        while data := os.read(self.reader, 65536):
            self.text += data.decode("utf-8", "replace")

    def to_end(self):
        """All that was written, once the writer has ended."""
        self._thread.join(60)
        assert not self._thread.is_alive(), "somebody still writes"
        return self.text

    def entries(self):
        return [json.loads(line) for line in self.to_end().splitlines() if line]
