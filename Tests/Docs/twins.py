"""The two READMEs say the same: same structure, same commands, each a link to the other."""

import re
from itertools import zip_longest


def shape(page):
    return [level for level, _ in page.headings]


def code(page):
    """What must not be translated. A diagram's labels are."""
    blocks = [block for block in page.blocks if block.language != "mermaid"]
    return [f"{block.language}, test: {block.test}\n{block.text}" for block in blocks]


def image_sizes(page):
    """The figures of a paragraph; Tests/Deploy compares the first one of the English page with what is built."""
    paragraph = re.search(r"^(?:The image has|Image nặng) (?:.+\n)+", "\n".join(page.lines), re.MULTILINE)[0]
    return [number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)?", paragraph)]


def check(checks, english, vietnamese):
    pair = f"{english.path} and {vietnamese.path}"
    checks.equal(f"{pair} have as many headings, on the same levels", shape(english), shape(vietnamese))
    for number, (ours, theirs) in enumerate(zip_longest(code(english), code(vietnamese), fillvalue=""), 1):
        checks.equal(f"{pair} have the same block {number}", ours, theirs)
    checks.equal(f"{pair} have as many blocks", len(english.blocks), len(vietnamese.blocks))
    for page, other in ((english, vietnamese), (vietnamese, english)):
        checks.holds(f"{page.path} links to {other.path} at the top", f"({other.path})" in "\n".join(page.lines[:5]))
    checks.equal(f"{pair} have the same sizes of the image", image_sizes(english), image_sizes(vietnamese))
    lengths = [[len(row) for row in page.rows] for page in (english, vietnamese)]
    checks.equal(f"{pair} have the same tables, row by row", lengths[0], lengths[1])
