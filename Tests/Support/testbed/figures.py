"""What the kernel and the metrics say about a responder."""

import dataclasses
import os
import re

from testbed import fastcgi
from testbed.processes import stat_of


@dataclasses.dataclass(frozen=True)
class Figures:
    """The kernel's figures for a process (proc(5))."""

    resident_kb: int
    peak_kb: int
    threads: int
    descriptors: int
    # CPU time so far.
    cpu_ms: int


def figures(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        status = dict(re.findall(r"^(VmRSS|VmHWM|Threads):\s+(\d+)", file.read(), re.MULTILINE))
    # Counted in hundredths of a second: the 14th and the 15th field.
    user, system = stat_of(pid)[11:13]
    cpu_ms = (int(user) + int(system)) * 1000 // os.sysconf("SC_CLK_TCK")
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    return Figures(int(status["VmRSS"]), int(status["VmHWM"]), int(status["Threads"]), descriptors, cpu_ms)


def metrics(responder):
    """Every sample of GET /metrics, by its name with its labels as in the text."""
    answer = fastcgi.ask(responder.socket, fastcgi.request("GET", "/metrics"))
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}
