"""The examples of docs/playground-bots.md, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from devstack.valkey import free_port
from tests.clients.environments import CLIENTS, command, why_not

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "playground-bots.md"


def blocks() -> dict[str, str]:
    """The code blocks that begin with a file's name, by that name."""
    fences = [token for token in MarkdownIt().parse(PAGE.read_text("utf-8")) if token.type == "fence"]
    named = [(re.match(r"(?:#|//) (\S+\.\w+)\n", fence.content), fence.content) for fence in fences]
    return {found[1]: content for found, content in named if found is not None}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files of the page in it, and `discord-playground` on the PATH."""
    for name, content in blocks().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    program = tmp_path / "bin" / "discord-playground"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m playground "$@"\n')
    program.chmod(0o755)
    return tmp_path


def environment(project: Path) -> dict[str, str]:
    path = os.pathsep.join((str(project / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}


def run(project: Path, line: str, **more: str) -> str:
    """A line of the page in a shell; what it says. It must succeed."""
    done = subprocess.run(
        ["bash", "-ec", line],
        check=False,
        capture_output=True,
        text=True,
        cwd=project,
        env={**environment(project), **more},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """A node_modules with discord.js, made once and kept; skips with a reason where that cannot be."""
    discord_js = next(client for client in CLIENTS if client.name == "discord.js")
    if (reason := why_not(discord_js.requirements)) is not None:
        pytest.skip(reason)
    return Path(command(discord_js)[1]["NODE_PATH"])


def test_python(project: Path) -> None:
    plugins = "-p playground.pytest_plugin -p no:asyncio -p no:cacheprovider"  # the first is installed elsewhere
    assert "3 passed" in run(project, f"python -m pytest -q {plugins} test_bot.py")


def test_discord_js(project: Path, node_modules: Path) -> None:
    (project / "node_modules").symlink_to(node_modules)
    assert re.search(
        r"^# pass 1$|^ℹ pass 1$", run(project, "discord-playground --port 0 -- node --test"), re.MULTILINE
    )


def test_github_actions(project: Path, node_modules: Path) -> None:
    """Each job's steps after what they install; the last with one playground for several steps."""
    (project / "node_modules").symlink_to(node_modules)
    jobs: dict[str, Any] = yaml.safe_load(blocks()[".github/workflows/test.yml"])["jobs"]
    lines = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()}
    assert lines["python"][-1] == "pytest"
    assert lines["node"][-1] == "discord-playground --port 0 -- node --test"
    port = str(free_port())
    install, start, tests, _ = (line.replace("8080", port) for line in lines["several-steps"])
    assert install.startswith("npm ci && pip install ")
    settings = {name: value.replace("8080", port) for name, value in jobs["several-steps"]["env"].items()}
    said = run(project, f"{start}\ntrap 'kill %1' EXIT\n{tests}", **settings)
    assert re.search(r"pass 1$", said, re.MULTILINE)
    assert f"http://127.0.0.1:{port}" in (project / "playground.log").read_text()
