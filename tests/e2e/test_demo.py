"""`make demo` as a newcomer has it: the page's address in one line, then Ctrl-C and nothing is left running."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT


def running_with(mark: str) -> list[int]:
    """Processes whose environment holds the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                held = mark.encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if held:
                found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for leftover processes in /proc")
def test_the_demo_runs_and_leaves_nothing() -> None:
    mark = f"GLYPHCORD_MARK_{uuid.uuid4().hex}"
    with socket.socket() as taken:
        # Port 8080 is often in use already: the demo must then say where it is.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else holds it, which serves as well
        demo = subprocess.Popen(
            [sys.executable, ROOT / "demo.py"], env={**os.environ, mark: "1", "TORCH_THREADS": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        assert demo.stdout
        try:
            lines = []
            for line in demo.stdout:
                lines.append(line)
                if line.startswith(("Open ", "The demo cannot")):
                    break
            assert lines[-1].startswith("Open http://127.0.0.1:"), "".join(lines)
            address = lines[-1].split()[1]
            assert not address.endswith(":8080")
            with urllib.request.urlopen(address, timeout=60) as page:
                assert b"<html" in page.read().lower()
            assert any(line.startswith("Posted: blue") for line in lines)
            # A terminal sends Ctrl-C to every process of the foreground group; impatient fingers, twice.
            for _ in range(2):
                os.killpg(demo.pid, signal.SIGINT)
                time.sleep(0.3)
            rest = demo.communicate(timeout=90)[0]
            assert demo.returncode == 0, rest
            # What it says beside the address may be read by now, or not.
            assert rest.splitlines()[-1] == "Stopped.", rest
        finally:
            for pid in running_with(mark) if demo.poll() is None else []:
                os.kill(pid, signal.SIGKILL)
    assert not running_with(mark)
