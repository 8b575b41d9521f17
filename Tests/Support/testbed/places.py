"""Where things are."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
PRODUCTS = ROOT / os.environ.get("PRODUCTS_DIRECTORY", ".build/debug")


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")
