"""The playground as a distribution of its own: what is in it, and that it needs nothing of the rest."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "playground"
BUILD = "import sys, setuptools.build_meta as build; build.build_wheel(sys.argv[1])"
# What a new environment with the distribution alone does not have.
ABSENT = (
    "numpy",
    "torch",
    "discord",
    "PIL",
    "pydantic",
    "redis",
    "rq",
    "bot",
    "glyphcord",
    "jobs",
    "models",
    "worker",
)
ALONE = f"""
import runpy, sys
sys.modules.update(dict.fromkeys({ABSENT!r}))
sys.argv = ["__main__.py", *sys.argv[1:]]
runpy.run_module("playground", run_name="__main__")
"""
PROJECT = """
def test_it_is_there_without_a_word(playground):
    assert playground.controls.state()["sessions"] == 0
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built wheel unpacked in it, as pip leaves it."""
    there = tmp_path_factory.mktemp("wheel")
    leave = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    shutil.copytree(FOLDER, there / "playground", ignore=leave)
    build = [sys.executable, "-c", BUILD, str(there)]
    subprocess.run(build, cwd=there / "playground", capture_output=True, check=True)
    (wheel,) = there.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        files.extractall(there / "site")
    return there / "site"


def environment(installed: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(installed)}


def test_everything_is_in_it(installed: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=FOLDER, capture_output=True, text=True, check=True)
    about = {"LICENSE", "README.md", "pyproject.toml"}
    assert {file for file in listed.stdout.splitlines() if (FOLDER / file).exists()} - about == {
        str(file.relative_to(installed / "playground"))
        for file in (installed / "playground").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert (FOLDER / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_both_distributions_say_the_same_of_it() -> None:
    whole, own = (tomllib.loads((folder / "pyproject.toml").read_text()) for folder in (ROOT, FOLDER))
    assert own["project"]["dependencies"] == whole["project"]["optional-dependencies"]["playground"]
    assert (
        own["tool"]["setuptools"]["package-data"]["playground"]
        == whole["tool"]["setuptools"]["package-data"]["playground"]
    )
    for key in ("version", "requires-python", "license"):
        assert own["project"][key] == whole["project"][key]


def test_it_runs_without_the_rest(installed: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ALONE, "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(installed)
    ) as program:
        assert program.stdout is not None
        url = program.stdout.readline().removeprefix("playground: ").strip()
        with urllib.request.urlopen(url + "/") as page:
            assert b"<html" in page.read()
        with urllib.request.urlopen(url + "/playground/samples") as samples:
            first = json.load(samples)[0]["name"]
        with urllib.request.urlopen(f"{url}/playground/samples/{first}") as picture:
            assert len(picture.read()) > 1000
        program.send_signal(signal.SIGTERM)
        assert program.wait() == 0


def test_pytest_finds_its_plugin_which_costs_nothing(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment(installed)
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
    loaded = "import sys, playground.pytest_plugin; print(sorted(m for m in sys.modules if m[:10] == 'playground'))"
    said = subprocess.run(
        [sys.executable, "-c", f"{loaded}; print('aiohttp' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(installed),
    )
    assert said.stdout == "['playground', 'playground.pytest_plugin']\nFalse\n"


@pytest.mark.parametrize(("code", "ends_with"), [("sys.exit(3)", 3), ("os.kill(os.getpid(), 9)", 137)])
def test_a_command_runs_inside_and_its_code_is_the_programs(code: str, ends_with: int) -> None:
    inside = (
        "import os, sys, urllib.request as web; print(os.environ['DISCORD_TOKEN'], os.environ['PLAYGROUND_URL'])"
    )
    inside += "; web.urlopen(os.environ['DISCORD_API_BASE'] + '/gateway'); sys.stdout.flush(); " + code
    command = [sys.executable, "-m", "playground", "--port", "0", "--token", "mine", "--", sys.executable, "-c"]
    done = subprocess.run([*command, inside], check=False, capture_output=True, text=True, cwd=ROOT)
    address, said = done.stdout.splitlines()
    assert done.returncode == ends_with and said == f"mine {address.removeprefix('playground: ')}", done.stderr


def test_a_command_that_is_not_there_and_one_that_is_stopped() -> None:
    command = [sys.executable, "-m", "playground", "--port", "0", "--"]
    done = subprocess.run([*command, "no-such-thing"], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 127
    assert done.stderr == "playground: no-such-thing cannot be run: No such file or directory\n"
    waits = "print('waits', flush=True); import time; time.sleep(600)"
    with subprocess.Popen(
        [*command, sys.executable, "-c", waits], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        assert program.stdout is not None
        assert [program.stdout.readline() for _ in range(2)][1] == "waits\n"
        program.send_signal(signal.SIGINT)
        assert program.wait() == 128 + signal.SIGTERM
