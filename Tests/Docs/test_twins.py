"""The two READMEs say the same: same structure, same commands, each with a link to the other."""

import re

from testbed.markdown import Page

ENGLISH, VIETNAMESE = Page("README.md"), Page("README.vi.md")


def test_same_levels_of_headings():
    def levels(page):
        return [level for level, _ in page.headings]

    assert levels(ENGLISH) == levels(VIETNAMESE)


def test_same_blocks():
    def blocks(page):
        """What must not be translated. A diagram's labels are translated, and the reasons not to run a block."""
        return [
            (block.language, block.test, "" if block.language == "mermaid" else block.text) for block in page.blocks
        ]

    assert blocks(ENGLISH) == blocks(VIETNAMESE)


def test_same_tables_row_by_row():
    def columns(page):
        return [len(row) for row in page.rows]

    assert columns(ENGLISH) == columns(VIETNAMESE)


def test_each_links_to_the_other_at_the_top():
    for page, other in ((ENGLISH, VIETNAMESE), (VIETNAMESE, ENGLISH)):
        assert f"({other.path})" in "\n".join(page.lines[:5])


def test_same_sizes_of_the_image():
    """Tests/Deploy compares the first one of the English page with what is built."""

    def sizes(page):
        paragraphs = re.findall(r"^(?:The image has|Image nặng) (?:.+\n)+", "\n".join(page.lines), re.MULTILINE)
        return [number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)?", "".join(paragraphs))]

    assert sizes(ENGLISH) == sizes(VIETNAMESE)
