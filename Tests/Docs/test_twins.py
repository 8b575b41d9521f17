"""Pages in two languages say the same: same structure, same commands, each with a link to the other."""

import re

import pytest
from testbed.markdown import Page, pages
from testbed.places import ROOT

ALL = [*pages(), "examples/tini-app/README.md", "examples/tini-app/README.vi.md"]
VIETNAMESE = [path for path in ALL if path.endswith(".vi.md")]
PAIRS = [pytest.param(Page(path.replace(".vi.md", ".md")), Page(path), id=path) for path in VIETNAMESE]
each_pair = pytest.mark.parametrize(("english", "vietnamese"), PAIRS)


def test_there_are_pairs():
    names = ["README", "examples/tini-app/README"]
    names += [f"docs/{name}" for name in ("deploy-cloud-run", "errors", "first-login", "from-the-tutorial")]
    assert sorted(f"{name}.vi.md" for name in names) == sorted(VIETNAMESE)


def levels(page):
    return [level for level, _ in page.headings]


def blocks(page):
    """The parts that must not be translated. Labels of diagrams are, and the reasons not to run a block."""
    untranslated = {"mermaid", ""}
    return [(block.language, block.test, "" if block.language in untranslated else block.text) for block in page.blocks]


def code(page):
    """Words in backticks are names and commands: they stay, cell by cell. So does the order of the rows."""
    return [[sorted(set(re.findall(r"`([^`]+)`", cell))) for cell in row] for row in page.rows]


@pytest.mark.parametrize("part", [levels, blocks, code])
@each_pair
def test_both_have_the_same(english, vietnamese, part):
    assert part(english) == part(vietnamese)


@each_pair
def test_each_links_to_the_other_at_the_top(english, vietnamese):
    for page, other in ((english, vietnamese), (vietnamese, english)):
        name = (ROOT / other.path).name
        assert f"({name})" in "\n".join(page.lines[:5])


def test_vietnamese_pages_link_to_vietnamese_ones():
    """Where there is one."""
    for path in VIETNAMESE:
        text = (ROOT / path).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s:]+\.md)", "\n".join(text.splitlines()[4:])):
            twin = (ROOT / path).parent / target.replace(".md", ".vi.md")
            assert target.endswith(".vi.md") or not twin.exists(), f"{path} links to {target}"
