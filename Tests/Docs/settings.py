"""The settings are the same in Setting.swift, the READMEs, env.example and the files of both deployments."""

import re
import subprocess
from dataclasses import dataclass

from local_stack import CREDENTIALS
from markdown import read

SWIFT = "Sources/TiniAppAuthBackend/Setting.swift"


@dataclass
class Setting:
    name: str
    # None if there is none.
    default: str | None
    summary: str

    @property
    def literal(self):
        """The default as one would write it; empty if it is a description."""
        return "" if self.default is None or " " in self.default else self.default


def all_settings():
    """Those of Setting.swift, in the order of its list."""
    text = read(SWIFT)
    declared = {
        variable: Setting(name, None if default == "nil" else default[1:-1], summary)
        for variable, name, default, summary in re.findall(
            r'static let (\w+) = Setting\(\s*name: "(\w+)",\s*defaultValue: (nil|"[^"]*"),\s*summary: "([^"]*)"', text
        )
    }
    listed = re.search(r"static let all = \[(.*?)\]", text, re.DOTALL)[1]
    return [declared[variable] for variable in re.findall(r"\w+", listed)]


SETTINGS = all_settings()
NAMES = [setting.name for setting in SETTINGS]

# In each of these files whatever the pattern finds must be a setting.
DEPLOYMENT = {
    "systemd/instance.env": r"^#?([A-Z_]+)=",
    "systemd/tiniapp-auth-backend@.service": r"^Environment=([A-Z_]+)=",
    "cloudrun/service.yaml": r"^ +- name: ([A-Z_]+)$",
    "cloudbuild.yaml": r"\|@([A-Z_]+)@\|",
    "scripts/container-entrypoint.sh": r"(?:\s|\$\{?)([A-Z]+(?:_[A-Z]+)+)\b",
}
# What they rightly name besides: placeholders of the deployment, switches of Swift's runtime and of the loader, what Cloud
# Run sets, and the container's own setting.
OTHERS = {"PROJECT", "IMAGE", "SWIFT_BACKTRACE", "LD_PRELOAD", "K_SERVICE", "TRUSTED_PROXIES"}


def table(page):
    """The rows of the table of settings: name, default, sentence."""
    rows = [row for row in page.rows if len(row) == 3]
    return [row for row in rows if re.fullmatch(r"`[A-Z]+(_[A-Z]+)+`", row[0])]


def check_readmes(checks, pages):
    plain = [["`" + s.name + "`", s.default or "—", s.summary] for s in SETTINGS]
    english = [[name, default.replace("`", ""), sentence] for name, default, sentence in table(pages[0])]
    checks.equal(f"{pages[0].path}: the settings are those of {SWIFT}, with defaults and sentences", plain, english)
    for page in pages[1:]:
        rows = table(page)
        checks.equal(f"{page.path}: the same settings", [row[0] for row in plain], [row[0] for row in rows])
        # A default that is a description is translated.
        wrong = [
            f"{row[0]}: {row[1]}"
            for row, setting in zip(rows, SETTINGS, strict=False)
            if setting.literal and row[1] != f"`{setting.literal}`" or not setting.default and row[1] != "—"
        ]
        checks.none(f"{page.path}: the same defaults", wrong)
        checks.none(f"{page.path}: a sentence for each", [row[0] for row in rows if not row[2]])


def check_example(checks):
    text = read("env.example")
    lines = text.splitlines()
    checks.none("env.example sets nothing", [line for line in lines if line and not line.startswith("#")])
    found = re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE)
    checks.equal("env.example has every setting, in order", NAMES + ["PORT"], [name for name, _ in found])
    values = dict(found)
    wrong = [s.name for s in SETTINGS if s.literal and values.get(s.name) != s.literal]
    checks.none("env.example has the defaults", wrong)
    missing = [
        s.name for s in SETTINGS if not re.search(rf"^# {re.escape(s.summary)}\n(# .*\n)*#{s.name}=", text, re.M)
    ]
    checks.none("env.example explains each by its sentence", missing)


def check_example_is_read(checks):
    """As `make run` would, with every value that it shows."""
    values = "\n".join(line[1:] for line in read("env.example").splitlines() if re.match(r"#[A-Z_]+=.", line))
    command = (
        'source scripts/dotenv.sh; load_dotenv <(printf "%s\\n" "$1"); exec .build/debug/tiniapp-auth-backend check'
    )
    check_that_reads = ["bash", "-euo", "pipefail", "-c", command, "bash", values]
    result = subprocess.run(check_that_reads, env=CREDENTIALS, capture_output=True, text=True, timeout=60)
    checks.equal("env.example: all values that it shows are good", (0, ""), (result.returncode, result.stderr))


def check_deployment(checks):
    for path, pattern in DEPLOYMENT.items():
        found = set(re.findall(pattern, read(path), re.MULTILINE))
        checks.holds(f"{path} names settings", found & set(NAMES))
        checks.none(f"{path} names nothing that is none", sorted(found - set(NAMES) - OTHERS))


def check(checks, pages):
    check_readmes(checks, pages)
    check_example(checks)
    check_deployment(checks)
