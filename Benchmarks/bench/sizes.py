"""The sizes of what is shipped, and the machine of the run."""

import os
import platform
import re
import subprocess

from .places import BACKEND, ROOT, SHIPPED


def binary_mb():
    """The size of the stripped binary, which this makes, in units of 1,000,000 bytes."""
    SHIPPED.parent.mkdir(exist_ok=True)
    subprocess.run(["strip", "-o", str(SHIPPED), str(BACKEND)], check=True, timeout=120)
    SHIPPED.chmod(0o755)
    return SHIPPED.stat().st_size / 1e6


def image_mb():
    """As docs/deploy-cloud-run.md has it, from `make test-deploy`: building an image takes longer than all of this."""
    found = re.search(r"The image has ([0-9.]+) MB", (ROOT / "docs/deploy-cloud-run.md").read_text())
    return float(found.group(1)) if found else None


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {
        "cores": os.cpu_count(),
        "processor": model.group(1) if model else platform.machine(),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }
