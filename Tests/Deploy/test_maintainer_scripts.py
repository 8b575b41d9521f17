"""The package's maintainer scripts, run by dpkg in a tree, where systemd and nginx refuse what they are asked.

The package must come in and go all the same: dpkg can neither configure nor remove one whose script fails.
"""

import os
import shutil
import subprocess

import pytest
from testbed.places import ROOT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="dpkg --root takes root")

SCRIPTS = ROOT / "packaging/debian"
# Counts the calls, and fails the one that is numbered in /fails, or each.
COUNTS = """echo >>/count
calls=0
while read -r _; do calls=$((calls + 1)); done </count
read -r fails </fails
case $fails in all | $calls) echo "Failed to do: $*" >&2 && exit 1 ;; esac
"""
SYSTEMCTL = f"""#!/bin/sh
echo "systemctl $*" >>/calls
case "$*" in *is-active*) exit 0 ;; esac
{COUNTS}"""
RM = f"""#!/bin/sh
{COUNTS}exec removes "$@"
"""
NGINX = '#!/bin/sh\necho "nginx $*" >>/calls\nread -r fails </fails\n[ "$fails" != all ] && [ "$fails" != nginx ]\n'
ASKED = {
    "install": ["daemon-reload", "try-restart", "reload nginx"],
    "upgrade": ["daemon-reload", "try-restart", "reload nginx"],
    "remove": ["reload nginx", "stop", "daemon-reload", "reload nginx"],
    "purge": ["daemon-reload", "reload nginx"],
}
FAILURES = [
    (step, fails) for step, asked in ASKED.items() for fails in [*range(1, len(asked) + 1), "nginx", "all", "missing"]
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


class Tree:
    """A folder that dpkg takes for a machine: a shell, rm, and a systemctl and nginx to our taste."""

    def __init__(self, root):
        self.root = root
        for folder in ("usr/bin", "var/lib/dpkg/info", "var/lib/dpkg/updates", "run/systemd/system", "dev"):
            (root / folder).mkdir(parents=True)
        for name in ("bin", "lib", "lib64"):
            (root / "usr" / name).mkdir(exist_ok=True)
            (root / name).symlink_to(f"usr/{name}")
        for name in ("dash", "rm"):
            self.copy_program(shutil.which(name), root / "usr/bin" / name)
        (root / "bin/sh").symlink_to("dash")
        (root / "dev/null").touch()
        (root / "var/lib/dpkg/status").touch()
        self.add_program("systemctl", SYSTEMCTL)
        self.add_program("nginx", NGINX)
        self.refuse("nothing")
        for name in [*SETTINGS, *OTHERS]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        self.enable_site()

    def copy_program(self, program, to):
        shutil.copy(program, to)
        libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in {word for word in libraries.split() if word.startswith("/")}:
            copy = self.root / path.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)

    def add_program(self, name, script):
        (self.root / "usr/bin" / name).write_text(script)
        (self.root / "usr/bin" / name).chmod(0o755)

    def enable_site(self):
        (self.root / LINK).parent.mkdir(parents=True, exist_ok=True)
        (self.root / LINK).symlink_to(f"/{SITE}")

    def refuse(self, what):
        """Fails systemctl's call of that number from now on; or "nginx", or "all"; or both programs are "missing"."""
        for name in ("calls", "count"):
            (self.root / name).write_text("")
        (self.root / "fails").write_text(f"{what}\n")
        if what == "missing":
            for name in ("systemctl", "nginx"):
                (self.root / "usr/bin" / name).unlink()

    def dpkg(self, *arguments):
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        return subprocess.run(
            ["dpkg", f"--root={self.root}", "--force-not-root", *arguments],
            env={"PATH": path}, capture_output=True, text=True,
        )  # fmt: skip

    def script(self, name, *arguments):
        """As dpkg would run it where it has failed itself; that is hard to bring about."""
        shutil.copy(SCRIPTS / name, self.root / name)
        return subprocess.run(["chroot", self.root, f"/{name}", *arguments], capture_output=True, text=True)

    def status(self):
        query = ["dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W", "-f", "${Version} ${db:Status-Status}"]
        return subprocess.run([*query, "tiniapp-auth-backend"], capture_output=True, text=True).stdout

    def asked(self):
        lines = (self.root / "calls").read_text().splitlines()
        return [line.removeprefix("systemctl ") for line in lines if "is-active" not in line and "nginx -t" not in line]

    def has(self, name):
        return os.path.lexists(self.root / name)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Two versions of a package that has the scripts and next to nothing else."""
    folder = tmp_path_factory.mktemp("packages")
    for version in ("1.0", "1.1"):
        content = folder / version
        (content / "DEBIAN").mkdir(parents=True)
        (content / "usr/bin").mkdir(parents=True)
        (content / "usr/bin/tiniapp-auth-backend").write_text(version)
        (content / "DEBIAN/control").write_text(
            f"Package: tiniapp-auth-backend\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: nobody <nobody@localhost>\nDescription: the maintainer scripts\n"
        )
        for name in ("postinst", "prerm", "postrm"):
            shutil.copy(SCRIPTS / name, content / "DEBIAN" / name)
            (content / "DEBIAN" / name).chmod(0o755)
        build = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", content, folder / f"{version}.deb"]
        subprocess.run(build, check=True, capture_output=True)
    return folder


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "tree")


def take(step, tree, packages, refusing="nothing"):
    """The steps before this one, which succeed, and this one."""
    for before in ASKED:
        if before == step:
            break
        assert take_step(before, tree, packages).returncode == 0
    tree.refuse(refusing)
    return take_step(step, tree, packages)


def said(result):
    """By the scripts; dpkg warns of folders that are not empty."""
    return [line for line in result.stderr.splitlines() if line.startswith("tiniapp-auth-backend: ")]


def take_step(step, tree, packages):
    commands = {
        "install": ["--install", packages / "1.0.deb"],
        "upgrade": ["--install", packages / "1.1.deb"],
        "remove": ["--remove", "tiniapp-auth-backend"],
        "purge": ["--purge", "tiniapp-auth-backend"],
    }
    return tree.dpkg(*commands[step])


@pytest.mark.parametrize("step", ASKED)
def test_nothing_refused(step, tree, packages):
    result = take(step, tree, packages)
    assert (result.returncode, said(result)) == (0, [])
    asked = tree.asked()
    assert len(asked) == len(ASKED[step])
    assert all(call.startswith(start) for call, start in zip(asked, ASKED[step], strict=True)), asked
    assert ("Set up an instance" in result.stdout) == (step == "install")


@pytest.mark.parametrize(("step", "refusing"), FAILURES)
def test_a_refusal_stops_nothing_and_is_said(step, refusing, tree, packages):
    result = take(step, tree, packages, refusing)
    assert result.returncode == 0, result.stderr
    status = {"install": "1.0 installed", "upgrade": "1.1 installed", "remove": "1.1 config-files", "purge": ""}
    assert tree.status() == status[step]

    if refusing == "nginx":
        # Only a new version asks it; otherwise there is nothing to say.
        assert ("see: nginx -t" in result.stderr) == (step in ("install", "upgrade"))
    elif isinstance(refusing, int):
        (sentence,) = said(result)
        assert "systemctl status" in sentence or f"try again: systemctl {ASKED[step][refusing - 1]}" in sentence
    if refusing != "missing":
        # The later calls are made. Where nginx refuses the configuration, it is not told to read it.
        wanted = len(ASKED[step]) - (refusing in ("nginx", "all") and step in ("install", "upgrade"))
        assert len(tree.asked()) == wanted

    assert tree.has(LINK) == (step in ("install", "upgrade"))
    assert [tree.has(name) for name in SETTINGS] == [step != "purge"] * len(SETTINGS)
    assert all(tree.has(name) for name in OTHERS)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("postinst", ["abort-upgrade", "1.1"]),
        ("postinst", ["abort-remove"]),
        ("postinst", ["abort-remove", "in-favour", "other", "1"]),
        ("postinst", ["abort-deconfigure", "in-favour", "other", "1"]),
        ("prerm", ["upgrade", "1.1"]),
        ("prerm", ["failed-upgrade", "1.0"]),
        ("prerm", ["deconfigure", "in-favour", "other", "1"]),
        ("postrm", ["upgrade", "1.1"]),
        ("postrm", ["failed-upgrade", "1.0"]),
        ("postrm", ["abort-install"]),
        ("postrm", ["abort-install", "1.0"]),
        ("postrm", ["abort-upgrade", "1.0"]),
        ("postrm", ["disappear", "other", "1"]),
    ],
)
def test_with_any_other_argument_nothing_is_touched(name, arguments, tree):
    tree.refuse("all")
    result = tree.script(name, *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not tree.asked()
    assert all(tree.has(path) for path in [LINK, *SETTINGS, *OTHERS])


@pytest.mark.parametrize(("step", "call"), [("remove", 1), *(("purge", call) for call in range(1, 6))])
def test_a_file_that_cannot_be_removed_does_count(step, call, tree, packages):
    """Otherwise the package would be gone, and its secrets, or a site that nginx stumbles over, still there."""
    for before in list(ASKED)[: list(ASKED).index(step)]:
        assert take_step(before, tree, packages).returncode == 0
    (tree.root / "bin/rm").rename(tree.root / "bin/removes")
    tree.add_program("rm", RM)
    # systemctl's calls do not count here.
    tree.add_program("systemctl", "#!/bin/sh\n")
    tree.refuse(call)
    result = take_step(step, tree, packages)
    assert result.returncode != 0
    assert tree.status() == {"remove": "1.1 installed", "purge": "1.1 config-files"}[step]


def test_without_systemd_it_is_asked_for_nothing(tree, packages):
    """As in an image, or in a chroot."""
    (tree.root / "run/systemd/system").rmdir()
    tree.refuse("all")
    for step in ASKED:
        result = take_step(step, tree, packages)
        assert (result.returncode, said(result)) == (0, [])
    assert not tree.asked()
