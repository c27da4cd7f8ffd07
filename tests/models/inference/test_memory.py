"""Memory that was freed goes back to the system."""

import platform
import subprocess
import sys

import pytest


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_is_free_goes_back() -> None:
    """Sixty megabytes in small pieces, below one that stays; from two threads that take from one place."""
    code = """
import threading
from pathlib import Path
from models.inference.memory import give_back, one_arena

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def take():
    pieces = [bytes(60_000) for _ in range(1000)]
    stays.append(bytes(60_000))

one_arena()
stays = []
for _ in range(2):
    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
before = resident_mb()
give_back()
print(before - resident_mb())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 40
