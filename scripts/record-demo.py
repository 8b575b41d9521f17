#!/usr/bin/env python3
"""Records `make run` and the three calls that it prints, as a picture that moves: docs/demo.svg, by `make picture`.
    record-demo.py FILE      on PORT, 8080 if it is not set

Both terminals are real: what is shown was written to a pseudo-terminal of 100 columns. Long waits are cut to a second;
the time that a person takes to type and to read is added. What Swift says while it builds is left out, as it has
the paths of this machine.
"""

import contextlib
import fcntl
import os
import pathlib
import pty
import re
import selectors
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = 100
# Seconds. On a clean clone `make run` builds first.
BUILD, ANSWER, LONGEST_WAIT, READING, TYPING = 3600, 20, 1.0, 2.5, 0.05
# Pixels: of a character, a line, the space around, and a terminal's title bar.
CHARACTER, LINE, SPACE, BAR = 7.8, 18, 14, 28
# What jq and the responder use: Select Graphic Rendition, ECMA-48 8.3.117.
COLOURS = {30: "quiet", 31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan", 90: "quiet"}
STYLE = """
    .window { fill: #0d1117 } .bar { fill: #21262d }
    text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre }
    .title, .quiet { fill: #8b949e } .red { fill: #ff7b72 } .green { fill: #7ee787 } .yellow { fill: #e3b341 }
    .blue { fill: #79c0ff } .magenta { fill: #d2a8ff } .cyan { fill: #76e3ea } .bold { font-weight: 600 }
    g { animation: 0s step-end infinite }
    @media (prefers-reduced-motion: reduce) { g { animation: none !important } }
"""


@dataclass
class Terminal:
    """The lines of a terminal, each with the time at which it came. Knows line ends, colours and bold."""

    title: str
    rows: int
    lines: list = field(default_factory=lambda: [[]])
    times: list = field(default_factory=list)
    style: str = ""

    def write(self, text, now):
        for sequence, character in re.findall(r"\x1b\[([\d;]*)m|\x1b\[[\d;?]*[A-Za-z]|([^\x1b])", text):
            if character == "\n":
                self.lines.append([])
            elif character and character != "\r":
                if len(self.lines[-1]) == COLUMNS:
                    self.lines.append([])
                self.lines[-1].append((character, self.style))
            elif not character:
                self.set_style(sequence)
            # A line has come with its first character, an empty one with the line after it.
            if self.lines[-1]:
                self.times += [now] * (len(self.lines) - len(self.times))

    def set_style(self, sequence):
        words = set(self.style.split())
        for number in (int(part or 0) for part in sequence.split(";")):
            if number in COLOURS or number in (0, 39):
                words -= set(COLOURS.values())
            if number in (0, 22):
                words.discard("bold")
            words |= {COLOURS[number]} if number in COLOURS else {"bold"} if number == 1 else set()
        self.style = " ".join(sorted(words))

    def leave_out_the_build(self):
        texts = self.text.split("\n")
        begin = next(i for i, text in enumerate(texts) if text.startswith("Building (the first time"))
        end = next(i for i, text in enumerate(texts) if text.startswith("Ready: "))
        # The empty line before the end stays.
        out = {i for i in range(begin + 1, end - 1) if not texts[i].startswith("Build complete!")}
        self.lines = [line for i, line in enumerate(self.lines) if i not in out]
        self.times = [moment for i, moment in enumerate(self.times) if i not in out]

    @property
    def text(self):
        return "\n".join("".join(character for character, _ in line) for line in self.lines)


class Recording:
    def __init__(self):
        self.server = Terminal("make run", 20)
        self.caller = Terminal("another terminal", 27)
        self.selector = selectors.DefaultSelector()
        self.now = 0.0
        # What comes now, when all is stopped, is not shown.
        self.is_over = False
        self.looked = time.monotonic()

    def start(self, terminal, command, environment):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", terminal.rows, COLUMNS, 0, 0))
        # It ends with this script, too.
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.selector.register(master, selectors.EVENT_READ, terminal)
        return child

    def read(self, seconds):
        """Takes in what the terminals have got, for at most that long. Returns whether there was anything."""
        found = False
        for key, _ in self.selector.select(seconds):
            data = b""
            # EIO: nobody has it open any more.
            with contextlib.suppress(OSError):
                data = os.read(key.fd, 65536)
            if not data:
                self.selector.unregister(key.fd)
                os.close(key.fd)
                continue
            if self.is_over:
                continue
            moment = time.monotonic()
            self.now += min(moment - self.looked, LONGEST_WAIT)
            self.looked = moment
            key.data.write(data.decode(errors="replace"), self.now)
            found = True
        return found

    def read_until(self, condition, what, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s: {what}\n{self.server.text}\n{self.caller.text}")
            self.read(0.1)

    def type(self, command):
        self.caller.write(f"$ {command}", self.now)
        self.now += TYPING * len(command)
        self.caller.write("\r\n", self.now)


def record():
    recording = Recording()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "PORT") if name in os.environ}
    # Never the developer's own credentials; and lines as they are, since TERM says that nothing can be moved.
    environment |= {"DOTENV": "/dev/null", "TERM": "dumb", "LANG": "C.UTF-8"}
    recording.server.write("$ make run\r\n", 0)
    server = recording.start(recording.server, ["make", "--no-print-directory", "run"], environment)
    try:
        recording.read_until(
            lambda: "The log follows." in recording.server.text or server.poll() is not None, "make run is ready", BUILD
        )
        if server.poll() is not None:
            raise RuntimeError(f"make run has ended:\n{recording.server.text}")
        for command in re.findall(r"^  (scripts/try\.sh .+)$", recording.server.text, re.MULTILINE):
            recording.now += READING
            recording.type(command)
            lines = len(recording.server.lines)
            call = recording.start(recording.caller, command.split(), environment)
            recording.read_until(
                lambda call=call, lines=lines: call.poll() is not None and len(recording.server.lines) > lines,
                f"{command} and its line in the log",
                ANSWER,
            )
            while recording.read(0.2):
                pass
            recording.caller.write("\r\n", recording.now)
    finally:
        recording.is_over = True
        server.terminate()
        # It stops one after the other, and says so to somebody who reads.
        recording.read_until(lambda: server.poll() is not None, "make run ends", 40)
    recording.server.leave_out_the_build()
    return recording


def spans(line):
    """A line's characters, those of one style together."""
    parts, column = [], 0
    while column < len(line):
        style = line[column][1]
        end = column
        while end < len(line) and line[end][1] == style:
            end += 1
        text = "".join(character for character, _ in line[column:end])
        if text.strip():
            attribute = f' class="{style}"' if style else ""
            parts.append(f'<tspan x="{column * CHARACTER:g}"{attribute}>{escape(text)}</tspan>')
        column = end
    return "".join(parts)


class Picture:
    def __init__(self, recording):
        self.duration = recording.now + 2 * READING
        self.frames = {}
        self.width = round(COLUMNS * CHARACTER + 2 * SPACE)
        self.top = 0
        self.shapes = []
        for terminal in (recording.server, recording.caller):
            self.draw(terminal)

    def frame(self, steps):
        """The name of an animation: from each time on, that property. The last one also holds without animation."""
        rules = "".join(f"{100 * moment / self.duration:.2f}% {{ {value} }} " for moment, value in steps)
        return self.frames.setdefault(rules, f"f{len(self.frames)}")

    def draw(self, terminal):
        height = BAR + terminal.rows * LINE + SPACE
        circles = "".join(f'<circle class="quiet" cx="{16 + 16 * i}" cy="14" r="4.5"/>' for i in range(3))
        self.shapes.append(
            f'<g transform="translate(0 {self.top})">'
            f'<rect class="window" width="{self.width}" height="{height}" rx="8"/>'
            f'<path class="bar" d="M0 {BAR}V8a8 8 0 0 1 8-8H{self.width - 8}a8 8 0 0 1 8 8V{BAR}z"/>{circles}'
            f'<text class="title" x="{self.width / 2:g}" y="18" text-anchor="middle">{terminal.title}</text>'
            f'<svg x="{SPACE}" y="{BAR + 4}" width="{self.width - SPACE}" height="{terminal.rows * LINE + 4}">'
        )
        # As lines come in, those before move up.
        moves = {0.0: 0}
        for number, moment in enumerate(terminal.times, 1):
            moves[moment] = max(0, number - terminal.rows) * LINE
        last = max(moves.values())
        scroll = self.frame([(moment, f"transform: translateY({-up}px)") for moment, up in sorted(moves.items())])
        self.shapes.append(f'<g class="{scroll}" style="transform: translateY({-last}px)">')
        for moment in sorted(set(terminal.times)):
            texts = [
                f'<text y="{LINE * (number + 1) - 4}">{spans(line)}</text>'
                for number, (line, came) in enumerate(zip(terminal.lines, terminal.times, strict=False))
                if came == moment and line
            ]
            name = self.frame([(0.0, "opacity: 0"), (moment, "opacity: 1")]) if moment else ""
            self.shapes.append(f'<g class="{name}">' + "\n".join(texts) + "</g>")
        self.shapes.append("</g></svg></g>")
        self.top += height + 10

    @property
    def svg(self):
        rules = "".join(
            f"    .{name} {{ animation-name: {name}; animation-duration: {self.duration:.2f}s }}\n"
            f"    @keyframes {name} {{ {steps}}}\n"
            for steps, name in self.frames.items()
        )
        height = self.top - 10
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{height}" '
            f'viewBox="0 0 {self.width} {height}" role="img" '
            'aria-label="make run, and the three calls that it prints">\n'
            f"  <style>{STYLE}{rules}  </style>\n" + "\n".join(self.shapes) + "\n</svg>\n"
        )


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(Picture(record()).svg, encoding="utf-8")
