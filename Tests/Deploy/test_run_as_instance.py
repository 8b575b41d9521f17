"""tiniapp-auth-backend-run gives a command what the unit of an instance and its drop-ins give the service."""

import subprocess

import pytest
from testbed.places import ROOT, read

UNIT = read("systemd/tiniapp-auth-backend@.service")
# As docs/scaling.md writes it.
STORE = """# /etc/systemd/system/tiniapp-auth-backend@production.service.d/store.conf
[Service]
LoadCredential=store-password:/etc/tiniapp-auth-backend/production.store
Environment=SHARED_STORE_PASSWORD_FILE=%d/store-password
"""
FAKES = {
    # The unit's text, as `systemctl cat` puts it together.
    "systemctl": '#!/bin/sh\n[ "$1" = cat ] && cat "$UNIT"\n',
    "systemd-run": '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\ncat >&2\nexit 7\n',
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "etc/tiniapp-auth-backend").mkdir(parents=True)
    (tmp_path / "etc/tiniapp-auth-backend/production.env").touch()
    for name, script in FAKES.items():
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    def run(*arguments, unit=UNIT, stdin=""):
        (tmp_path / "unit").write_text(unit)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DESTDIR": str(tmp_path), "UNIT": str(tmp_path / "unit")}
        command = [ROOT / "scripts/run-as-instance.sh", *arguments]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, timeout=30)

    return run


def properties(result):
    """What systemd-run is told, and its unit's folder of credentials."""
    words = result.stdout.splitlines()
    [name] = [word.removeprefix("--unit=") for word in words if word.startswith("--unit=")]
    return [value for flag, value in zip(words, words[1:], strict=False) if flag == "-p"], f"/run/credentials/{name}"


def test_settings_and_secret_come_from_the_unit(run):
    found, credentials = properties(run("production", "check"))
    assert found == [
        "DynamicUser=yes",
        "LimitCORE=0",
        "EnvironmentFile=/etc/tiniapp-auth-backend/production.env",
        "LoadCredential=client-secret:/etc/tiniapp-auth-backend/production.secret",
        f"Environment=CLIENT_SECRET_FILE={credentials}/client-secret",
        "Environment=TIKI_VALIDATION_FOLDER=/etc/tiniapp-auth-backend/tiki-validation-code",
        "Environment=SWIFT_BACKTRACE=enable=no",
    ]


def test_the_store_of_a_drop_in_counts(run):
    found, credentials = properties(run("production", "check", unit=f"{UNIT}\n{STORE}"))
    assert found[-2:] == [
        "LoadCredential=store-password:/etc/tiniapp-auth-backend/production.store",
        f"Environment=SHARED_STORE_PASSWORD_FILE={credentials}/store-password",
    ]


def test_the_page_has_that_drop_in():
    page = read("docs/scaling.md")
    assert all(line in page for line in STORE.splitlines()[1:])


def test_a_unit_is_read_as_systemd_reads_it(run):
    unit = """[Unit]
Environment=NOT=this
[Service]
 Environment = "A=b c" \\
# in between
; and this
   PERCENT=5%%
ExecStartPre=/bin/true
Environment=
[Install]
Environment=NOR=this
"""
    found, _ = properties(run("production", "check", unit=unit))
    assert found[2:] == ['Environment="A=b c"     PERCENT=5%', "Environment="]


def test_arguments_input_and_exit_code_go_through(run):
    result = run("production", "sign", '{"price":"$5"}', "a b", stdin="a token")
    words = result.stdout.splitlines()
    # systemd makes one $ of two.
    assert words[words.index("--") :] == [
        "--", "/usr/local/bin/tiniapp-auth-backend", "sign", '{"price":"$$5"}', "a b"
    ]  # fmt: skip
    assert (result.stderr, result.returncode) == ("a token", 7)


@pytest.mark.parametrize(
    ("arguments", "unit", "sentence"),
    [
        ([], UNIT, "takes an instance and a command"),
        (["production"], UNIT, "takes an instance and a command"),
        (["staging", "check"], UNIT, "there is no instance 'staging'"),
        (["../production", "check"], UNIT, "there is no instance '../production'"),
        (["production", "check"], "[Service]\nEnvironment=A=%h\n", "has %h, which is not known here"),
    ],
)
def test_what_cannot_be_is_said(run, arguments, unit, sentence):
    result = run(*arguments, unit=unit)
    assert result.returncode == 64 and sentence in result.stderr
