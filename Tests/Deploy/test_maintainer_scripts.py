"""The package's maintainer scripts in a folder, where systemd and nginx refuse what they are asked.

The package must come in and go all the same: dpkg can neither configure nor remove one whose script fails. The package,
dpkg and systemd themselves are in vm-deb.sh.
"""

import os
import re
import subprocess

import pytest
from testbed.places import read

# Notes what it is asked, and refuses the calls that are named in a file: "systemctl 2" is systemctl's second.
STAND_IN = """#!/bin/sh
name=${0##*/}
case "$*" in *is-active*) exit 0 ;; esac
echo "$*" >>$name.calls
! /bin/grep -qx "$name $(/usr/bin/wc -l <$name.calls)" refused || exit 1
[ $name != rm ] || exec /bin/rm "$@"
"""
# What systemctl is asked.
ASKED = {
    "postinst configure": ["daemon-reload", "try-restart", "reload nginx"],
    "postinst configure 1.0": ["daemon-reload", "try-restart", "reload nginx"],
    "prerm remove": ["reload nginx", "stop"],
    "postrm remove": ["daemon-reload", "reload nginx"],
    "postrm purge": ["daemon-reload", "reload nginx"],
}
ALL = [f"systemctl {number}" for number in (1, 2, 3)] + ["nginx 1"]
REFUSED = [
    (step, refused)
    for step, asked in ASKED.items()
    for refused in [*([call] for call in ALL[: len(asked)]), ["nginx 1"], ALL, ["missing"]]
]
SITE, LINK = (f"etc/nginx/sites-{name}/tiniapp-auth-backend-production.conf" for name in ("available", "enabled"))
UNIT = "etc/systemd/system"
SETTINGS = [
    "etc/tiniapp-auth-backend/production.env",
    SITE,
    f"{UNIT}/sockets.target.wants/tiniapp-auth-backend@production.socket",
    f"{UNIT}/tiniapp-auth-backend@production.service.d/override.conf",
    "var/log/nginx/tiniapp-auth-backend-production.log",
]
# Not the package's.
OTHERS = ["etc/nginx/sites-available/default", f"{UNIT}/sockets.target.wants/ssh.socket", "var/log/nginx/access.log"]


@pytest.fixture
def tree(tmp_path):
    for name in [*SETTINGS, *OTHERS, LINK, "run/systemd/system/a", "bin/systemctl", "bin/nginx", "bin/rm"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    (tmp_path / LINK).unlink()
    (tmp_path / LINK).symlink_to(tmp_path / SITE)
    return tmp_path


def run(tree, step, *refused):
    """Runs a script with its arguments, as dpkg would."""
    (tree / "refused").write_text("".join(f"{call}\n" for call in refused))
    if "missing" in refused:
        for name in ("systemctl", "nginx"):
            (tree / "bin" / name).unlink()
    for name in ("systemctl", "nginx", "rm"):
        (tree / f"{name}.calls").write_text("")
    name, *arguments = step.split()
    script = re.sub(r"/(?=etc/|run/|var/)", f"{tree}/", read(f"packaging/debian/{name}"))
    command = ["/bin/sh", "-c", script, name, *arguments]
    return subprocess.run(command, cwd=tree, env={"PATH": str(tree / "bin")}, capture_output=True, text=True)


def asked(tree):
    return (tree / "systemctl.calls").read_text().splitlines()


def there(tree, names):
    return [name for name in names if os.path.lexists(tree / name)]


@pytest.mark.parametrize("step", ASKED)
def test_nothing_refused(step, tree):
    result = run(tree, step)
    assert (result.returncode, result.stderr) == (0, "")
    assert all(call.startswith(start) for call, start in zip(asked(tree), ASKED[step], strict=True))
    assert ("Set up an instance" in result.stdout) == (step == "postinst configure")


@pytest.mark.parametrize(("step", "refused"), REFUSED, ids=str)
def test_a_refusal_stops_nothing_and_is_said(step, refused, tree):
    result = run(tree, step, *refused)
    assert result.returncode == 0, result.stderr
    if refused == ["nginx 1"]:
        # Only a new version asks it; otherwise there is nothing to say.
        assert ("see: nginx -t" in result.stderr) == ("configure" in step)
    elif len(refused) == 1 and refused != ["missing"]:
        (sentence,) = result.stderr.splitlines()
        again = ASKED[step][ALL.index(refused[0])]
        assert "systemctl status" in sentence or f"try again: systemctl {again}" in sentence
    if refused != ["missing"]:
        # The later calls are made. Where nginx refuses the configuration, it is not told to read it.
        assert len(asked(tree)) == len(ASKED[step]) - ("nginx 1" in refused and "configure" in step)
    assert there(tree, [LINK]) == ([] if step == "prerm remove" else [LINK])
    assert there(tree, SETTINGS) == ([] if step == "postrm purge" else SETTINGS)
    assert there(tree, OTHERS) == OTHERS


OTHER_STEPS = """postinst abort-upgrade 1.1
postinst abort-remove in-favour other 1
postinst abort-deconfigure in-favour other 1
prerm upgrade 1.1
prerm failed-upgrade 1.0
prerm deconfigure in-favour other 1
postrm upgrade 1.1
postrm failed-upgrade 1.0
postrm abort-install 1.0
postrm abort-upgrade 1.0
postrm disappear other 1"""


@pytest.mark.parametrize("step", OTHER_STEPS.splitlines())
def test_with_any_other_argument_nothing_is_touched(step, tree):
    result = run(tree, step, *ALL)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not asked(tree)
    assert there(tree, [LINK, *SETTINGS, *OTHERS]) == [LINK, *SETTINGS, *OTHERS]


@pytest.mark.parametrize(("step", "call"), [("prerm remove", 1), *(("postrm purge", call) for call in range(1, 6))])
def test_a_file_that_cannot_be_removed_does_count(step, call, tree):
    """Otherwise the package would be gone, and its secrets, or a site that nginx stumbles over, still there."""
    assert run(tree, step, f"rm {call}").returncode != 0


@pytest.mark.parametrize("step", ASKED)
def test_without_systemd_it_is_asked_for_nothing(step, tree):
    """As in an image, or in a chroot."""
    (tree / "run/systemd/system/a").unlink()
    (tree / "run/systemd/system").rmdir()
    result = run(tree, step, *ALL)
    assert (result.returncode, result.stderr, asked(tree)) == (0, "", [])
