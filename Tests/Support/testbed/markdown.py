"""Reads Markdown pages: fenced blocks with their markers, tables, headings, links."""

import re
from dataclasses import dataclass

from testbed.places import ROOT, read

# On the line before a block of commands: whether the tests run it, or why not.
MARKER = re.compile(r"<!-- test: (?:(run)|no, (.+)) -->")
FENCE = re.compile(r"```(\w*)")


@dataclass
class Block:
    language: str
    text: str
    # The line of its opening fence, from 1.
    line: int
    # "run", "no", or None if there is no marker.
    test: str | None
    reason: str | None

    @property
    def is_commands(self):
        return self.language in ("sh", "bash", "shell", "console")


def pages():
    """The READMEs and the pages in docs."""
    return [str(path.relative_to(ROOT)) for pattern in ("*.md", "docs/*.md") for path in sorted(ROOT.glob(pattern))]


class Page:
    def __init__(self, path):
        self.path = path
        self.lines = read(path).splitlines()
        self.blocks = []
        # The lines outside blocks. Those inside are empty here, so that line numbers stay right.
        self.prose = []
        self._split()

    def _split(self):
        block, before = None, ""
        for number, line in enumerate(self.lines, 1):
            if block is not None:
                self.prose.append("")
                if line == "```":
                    block = None
                else:
                    block.text += line + "\n"
            elif opening := FENCE.match(line):
                self.prose.append("")
                marker = MARKER.fullmatch(before)
                test = marker and ("run" if marker[1] else "no")
                block = Block(opening[1], "", number, test, marker and marker[2])
                self.blocks.append(block)
            else:
                self.prose.append(line)
            before = line

    @property
    def rows(self):
        """The cells of every line of a table, one list each."""
        tables = [line for line in self.prose if line.startswith("| ") and line.endswith(" |")]
        return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in tables]

    @property
    def headings(self):
        """Level and text of each."""
        found = (re.match(r"(#+) (.+)", line) for line in self.prose)
        return [(len(heading[1]), heading[2]) for heading in found if heading]

    @property
    def anchors(self):
        """The anchors that GitHub derives from the headings."""
        anchors = set()
        for _, text in self.headings:
            # The visible text in lower case: its letters, digits, hyphens and underscores, with hyphens for spaces.
            shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).strip().lower()
            anchor = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
            number, first = 0, anchor
            while anchor in anchors:
                number += 1
                anchor = f"{first}-{number}"
            anchors.add(anchor)
        return anchors

    @property
    def links(self):
        """The targets of all links and pictures, with their lines."""
        for number, line in enumerate(self.prose, 1):
            shown = re.sub(r"`[^`]*`", "", line)
            for target in re.findall(r"\]\(([^)\s]+)\)", shown) + re.findall(r'(?:src|srcset|href)="([^"]+)"', shown):
                yield number, target
