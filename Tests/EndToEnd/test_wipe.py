"""Memory is wiped when it is freed, and where `realloc` moves it from: no search of a process sees every size."""

import os
import subprocess
import sys

from testbed.places import ROOT

SCRIPT = """
import ctypes
c = ctypes.CDLL(None)
c.malloc.restype = c.realloc.restype = ctypes.c_void_p
c.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
for size in (24, 40, 120, 136, 1000, 5000):
    # What follows keeps the memory from growing where it is.
    old, _ = c.malloc(size), c.malloc(size)
    ctypes.memset(old, ord("Z"), size)
    new = c.realloc(old, 3 * size)
    print(new != old, b"ZZZZZZZZ" in ctypes.string_at(old, size), ctypes.string_at(new, size) == b"Z" * size)
    c.free(new)
    print(b"ZZZZZZZZ" in ctypes.string_at(new, size))
"""


def test_memory_that_is_freed_or_left_by_realloc_is_wiped(tmp_path):
    library = tmp_path / "wipe.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, ROOT / "Sources/CWipe/wipe.c"], check=True, timeout=60)
    environment = os.environ | {"LD_PRELOAD": str(library)}
    moved = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert moved.stdout == "True False True\nFalse\n" * 6
