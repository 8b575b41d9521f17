"""The pages that the program prints are up to date."""

import subprocess

import pytest
from testbed.places import ROOT


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A folder with the pages as `make docs` would write them."""
    folder = tmp_path_factory.mktemp("docs")
    result = subprocess.run([ROOT / "scripts/docs.sh", folder], capture_output=True, text=True, timeout=90, check=False)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.parametrize("path", ["docs/settings.md", "docs/errors.md", "docs/operations.md", "env.example"])
def test_page_is_what_the_program_prints(generated, path):
    page = (ROOT / path).read_bytes() if (ROOT / path).exists() else b""
    assert page == (generated / path).read_bytes(), f"{path} is out of date: run make docs"
