"""Prints a CycloneDX list of what is linked into the executable, or loaded by it: sbom.py VERSION EPOCH.

The Swift packages are those of Package.resolved, a few of which only tests and sandbox use; the C libraries are those
of Debian's packages on the building machine.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

# The first three are linked in; the rest is the system's, where the program runs.
STATIC = ["libc-ares-dev", "libhiredis-dev", "libstdc++6"]
SHARED = ["libfcgi-dev", "libc6", "libgcc-s1"]


def component(purl, name, version, about, value):
    """A library, with one more property."""
    library = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return {**library, "properties": [{"name": about, "value": value}]}


def swift_packages():
    """Yields a component for each package that the build resolved."""
    for pin in json.loads(Path("Package.resolved").read_text())["pins"]:
        address, state = pin["location"].removeprefix("https://").removesuffix(".git"), pin["state"]
        purl = f"pkg:swift/{address}@{state['version']}"
        yield component(purl, pin["identity"], state["version"], "git:revision", state["revision"])


def debian_packages():
    """Yields a component for each C library."""
    for name in STATIC + SHARED:
        query = ["dpkg-query", "-W", "-f", "${Version} ${Architecture}", name]
        version, architecture = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split()
        purl = f"pkg:deb/debian/{name.replace('+', '%2B')}@{version}?arch={architecture}"
        yield component(purl, name, version, "link", "static" if name in STATIC else "shared")


def main():
    """Prints the list."""
    version, epoch = sys.argv[1:]
    swift = subprocess.run(["swift", "--version"], check=True, capture_output=True, text=True).stdout.split("\n")[0]
    program = {"type": "application", "bom-ref": "program", "name": "tiniapp-auth-backend", "version": version}
    components = [*swift_packages(), *debian_packages()]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {**program, "properties": [{"name": "compiler", "value": swift}]},
        },
        "components": components,
        "dependencies": [{"ref": "program", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    print(json.dumps(document, indent=2))


main()
