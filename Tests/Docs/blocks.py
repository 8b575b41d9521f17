"""Runs the blocks of commands of a page, as their markers say, one after the other."""

import json
import os
import re
import subprocess
import tempfile

from local_stack import CREDENTIALS, LocalStack, StackError
from settings import NAMES
from shape import answer_differences


class Session:
    """What a reader's terminal would have after the blocks so far."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.stack = None
        self.tokens = {}
        programs = os.path.join(scratch, "bin")
        os.mkdir(programs)
        os.symlink(os.path.abspath(".build/debug/tiniapp-auth-backend"), f"{programs}/tiniapp-auth-backend")
        # Nobody's own settings and proxies.
        self.environment = {name: value for name, value in os.environ.items() if name not in NAMES}
        self.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "no_proxy": "*", "NO_PROXY": "*"}

    def settings(self):
        """Those that a block for the command line or for Cloud Run takes from the environment."""
        settings = {**CREDENTIALS, "PROJECT": "a-project", "IMAGE": "registry.example/a-project/image"}
        return settings | ({"AUTH_ENDPOINT": self.stack.auth_endpoint} if self.stack else {})

    def filled_in(self, text):
        """The block with the port, a code and tokens that are real, and a folder of our own for /tmp."""
        if self.stack:
            text = text.replace("localhost:8080", f"localhost:{self.stack.port}")
            if "XXXX.YYYY" in text:
                text = text.replace("XXXX.YYYY", self.stack.new_code())
        for name, token in self.tokens.items():
            text = text.replace(f'"{name}":"…"', f'"{name}":"{token}"')
        return text.replace("/tmp/", f"{self.scratch}/")

    def typed(self, text):
        """What a person would type, if the block asks for it."""
        for command, name in (("refresh", "refresh_token"), ("info", "access_token")):
            if re.search(rf"^tiniapp-auth-backend {command}\b", text, re.MULTILINE):
                return self.tokens.get(name, "")
        return ""

    def run(self, text, more=None):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            env=self.environment | self.settings() | (more or {}),
            input=self.typed(text),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def remember(self, output):
        """Keeps the tokens of an answer for the blocks after it."""
        try:
            data = json.loads(output.splitlines()[-1])["data"]
            self.tokens |= {name: data[name] for name in ("access_token", "refresh_token") if name in data}
        except (IndexError, KeyError, TypeError, ValueError):
            pass


def run_server(checks, name, block, session):
    session.stack = LocalStack(block.text, session.environment, session.scratch)
    checks.holds(f"{name} serves", True)
    calls = session.run("\n".join(session.stack.printed_calls))
    statuses = re.findall(r"^\d{3}$", calls.stdout, re.MULTILINE)
    checks.equal(f"{name}: the calls that it prints, pasted", ["200"] * 3, statuses)


def run_settings(checks, name, block, session):
    """Settings for .env: read as `make run` reads them, and checked as at its start."""
    path = os.path.join(session.scratch, "env")
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"^(\w+)=…$", lambda line: f"{line[1]}={CREDENTIALS[line[1]]}", block.text, flags=re.M))
    command = f"source scripts/dotenv.sh; load_dotenv {path}; exec tiniapp-auth-backend check"
    result = session.run(f"unset {' '.join(NAMES)}; {command}")
    checks.equal(f"{name}: these settings are good", (0, ""), (result.returncode, result.stderr))


def run_commands(checks, name, block, session):
    text = session.filled_in(block.text)
    result = session.run(text)
    details = [text, f"exit code {result.returncode}", result.stdout, result.stderr]
    succeeded = not re.search("…|localhost:8080", text) and result.returncode == 0 and '"error":{' not in result.stdout
    checks.holds(f"{name} succeeds", succeeded, *details)
    if block.answer:
        checks.none(f"{name}: its answer is as shown", answer_differences(block.answer, result.stdout))
    session.remember(result.stdout)
    for path in re.findall(rf">({re.escape(session.scratch)}\S+)", text):
        with open(path, encoding="utf-8") as file:
            written = file.read()
        left = re.findall(r"@[A-Z_]+@", written)
        checks.holds(f"{name} writes a file without placeholders", written and not left, *left)


def run_block(checks, name, block, session):
    if block.test is None:
        checks.holds(f"{name}: a marker says whether it is run", False)
    elif block.test == "no":
        print(f"not run: {name}: {block.reason}", flush=True)
    elif block.text == "make run\n":
        run_server(checks, name, block, session)
    elif all(re.fullmatch(r"[A-Z_]+=\S*", line) for line in block.text.splitlines()):
        run_settings(checks, name, block, session)
    else:
        run_commands(checks, name, block, session)


def run_blocks(checks, page):
    with tempfile.TemporaryDirectory(prefix="docs-") as scratch:
        session = Session(scratch)
        try:
            for block in page.blocks:
                if block.is_commands:
                    first = block.text.split("\n")[0][:60]
                    run_block(checks, f"{page.path}, line {block.line}: {first}", block, session)
        except StackError as error:
            # Without it no other block could run.
            checks.holds(f"{page.path}: make run serves", False, error)
        finally:
            if session.stack:
                checks.holds(f"{page.path}: make run ends when it is told to", session.stack.stop())
