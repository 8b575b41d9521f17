"""Memory is wiped when `realloc` moves it. The suites that search a process's memory do not come by there."""

import os
import subprocess
import sys

from testbed.places import ROOT

MOVE = """
import ctypes
c = ctypes.CDLL(None)
c.malloc.restype = c.realloc.restype = ctypes.c_void_p
c.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
for size in (100, 1000, 5000):
    # What follows keeps the memory from growing where it is.
    old, _ = c.malloc(size), c.malloc(size)
    ctypes.memset(old, ord("Z"), size)
    new = c.realloc(old, 3 * size)
    print(new != old, b"ZZZZZZZZ" in ctypes.string_at(old, size), ctypes.string_at(new, size) == b"Z" * size)
"""


def test_memory_that_realloc_leaves_is_wiped(tmp_path):
    library = tmp_path / "wipe.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, ROOT / "Sources/CWipe/wipe.c"], check=True, timeout=60)
    environment = os.environ | {"LD_PRELOAD": str(library)}
    moved = subprocess.run(
        [sys.executable, "-c", MOVE], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert moved.stdout == "True False True\n" * 3
