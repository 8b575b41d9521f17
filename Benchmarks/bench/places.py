"""Where things are, and how many descriptors a process may have."""

import os
import pathlib
import resource

from testbed.places import ROOT

BENCHMARKS = ROOT / "Benchmarks"
NGINX_DIR = ROOT / "nginx"
# Where Debian keeps nginx's modules.
MODULES = pathlib.Path("/usr/lib/nginx/modules")
# Everything that the run writes, except for results.md and results.svg. Git ignores it.
WORK = ROOT / ".build-bench"
PRODUCTS = pathlib.Path(os.environ.get("PRODUCTS_DIRECTORY") or ROOT / ".build/release").resolve()
BACKEND = PRODUCTS / "tiniapp-auth-backend"
# Stripped as in the image, and a copy, so that a build during the run does not change it.
SHIPPED = WORK / "shipped/tiniapp-auth-backend"


def raise_descriptor_limit():
    """Up to the hard limit, for this process and all that it starts. Returns the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def descriptor_limit():
    return min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 65536)


def fill(template, **values):
    """The text of a template of Benchmarks/nginx with each @NAME@ replaced."""
    text = (BENCHMARKS / "nginx" / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text
