"""The commands of the pages work, in the order a reader would type them."""

import pathlib
import re

import pytest
from session import Session
from testbed.markdown import Page, pages
from testbed.servers import CREDENTIALS

# A page that has a marker before one of its blocks has one before each of them.
BLOCKS = [
    pytest.param(page.path, block, id=f"{page.path}:{block.line}")
    for page in map(Page, pages())
    if any(block.test for block in page.blocks)
    for block in page.blocks
    if block.is_commands
]


@pytest.fixture(scope="module")
def session(request):
    """One for each page, in which its blocks run in order."""
    session = Session()
    yield session
    session.close()


@pytest.mark.parametrize(("session", "block"), BLOCKS, indirect=["session"], scope="module")
def test_block(session, block):
    if block.test == "no":
        pytest.skip(block.reason)
    assert block.test == "run", f"no marker says whether this is run:\n{block.text}"
    if block.text in ("make run\n", "docker compose up\n"):
        check_server(session)
    elif all(re.fullmatch(r"[A-Z_]+=\S*", line) for line in block.text.splitlines()):
        check_settings(session, block)
    else:
        check_commands(session, block)


def check_server(session):
    """It serves, and the calls that it prints can be pasted. The container does the same; there is no Docker here."""
    session.start_stack("make run")
    printed = re.findall(r"^  (scripts/try\.sh .*)$", session.stack.child.text(), re.MULTILINE)
    assert len(printed) == 3 and all(len(line) <= 100 for line in printed)
    calls = session.run("\n".join(printed))
    assert re.findall(r"^HTTP/1.1 (\d{3})", calls.stdout, re.MULTILINE) == ["200"] * 3, calls
    # What it shows can be pasted: another call with curl, of the last one, which changes nothing.
    curl = [line for line in calls.stdout.splitlines() if line.startswith("curl ")][-1]
    assert '"customer_id":1' in session.run(curl).stdout


def check_settings(session, block):
    """Settings for .env: read as `make run` reads them, and checked as at its start."""
    path = session.scratch / "env"
    path.write_text(re.sub(r"(\w+)=…", lambda line: f"{line[1]}={CREDENTIALS[line[1]]}", block.text))
    command = f"source scripts/dotenv.sh; load_dotenv {path}; exec tiniapp-auth-backend check"
    result = session.run(f"unset {' '.join(session.names)}; {command}")
    assert (result.returncode, result.stderr) == (0, "")


def check_commands(session, block):
    text = session.filled_in(block.text)
    assert "…" not in text, f"not everything could be filled in:\n{text}"
    result = session.run(text)
    output = f"{text}exit code {result.returncode}\n{result.stdout}{result.stderr}"
    if text.endswith(" exchange no.code\n"):
        # The page says how it fails, and what that means.
        assert result.returncode != 0 and '"reason":"invalid_code"' in result.stdout, output
        return
    assert result.returncode == 0 and '"error":{' not in result.stdout, output
    for path in re.findall(rf">({re.escape(str(session.scratch))}\S+)", text):
        written = pathlib.Path(path).read_text(encoding="utf-8")
        assert written and not re.findall(r"@[A-Z_]+@", written), f"empty, or with placeholders:\n{written}"
