"""Draws docs/demo.svg, by `make picture`: what `make run` and the three calls that it prints show, from a run."""

import io
import pathlib
import re
import shlex
import sys

from rich.console import Console
from rich.text import Text
from session import Session
from testbed.processes import wait_until


def in_terminal(command):
    """For jq's colours, and the log as people read it."""
    return shlex.join(["script", "--quiet", "--flush", "--return", "--command", command, "/dev/null"])


def record():
    """What two terminals show; without what Swift says while it builds, and as if the port were the default."""
    session = Session()
    session.environment["LANG"] = "C.UTF-8"
    calls = ""
    try:
        session.start_stack("exec " + in_terminal("make --no-print-directory run"))
        server = session.stack.child
        for command in re.findall(r"^  (scripts/try.sh .*)$", server.text(), re.MULTILINE):
            calls += f"$ {command}\n{session.run(in_terminal(command)).stdout}\n"
        wait_until(lambda: server.text().count("POST /auth_") == 3, "all calls are logged")
        log = re.sub(r"(?<=minutes\)…\n).*?(?=\nReady:)", "", server.text(), flags=re.DOTALL)
        return [text.replace(f"localhost:{session.stack.port}", "localhost:8080") for text in (log, calls)]
    finally:
        session.close()


def draw(server, calls):
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(f"$ make run\n{server}", markup=False, highlight=False)
    console.rule("another terminal")
    console.print(Text.from_ansi(calls))
    # Without the fonts that it would load from elsewhere.
    return re.sub(r"@font-face \{.*?\n    \}", "", console.export_svg(title="make run"), flags=re.DOTALL)


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(draw(*record()), encoding="utf-8")
