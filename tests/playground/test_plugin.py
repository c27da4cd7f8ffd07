"""The fixture for bot authors, used as its README says: in a project of its own, with a bot in a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CONFTEST = 'pytest_plugins = ["playground.pytest_plugin"]\n'
TEST = """
import os, subprocess, sys
from pathlib import Path

import pytest
from playground.testing import Refused

@pytest.fixture
def bot(playground):
    command = [sys.executable, "-m", "tests.playground.page_bot"]
    environment = {**os.environ, **playground.environment()}
    process = subprocess.Popen(command, cwd=os.environ["REPOSITORY"], env=environment)
    playground.wait_for_bot()
    yield process
    process.kill()
    process.wait()

def test_my_bot(bot, playground, tmp_path):
    picture = Path(os.environ["REPOSITORY"], "playground", "samples", "logo.png")
    answer = playground.slash("draw", image=picture, palette="pink")
    playground.controls.wait_for(lambda: "picture" in playground.messages()[-1].content)
    answer = playground.messages()[-1]
    assert answer.file().startswith(b"\\x89PNG") and answer.buttons == ["Again", "Only me", "Tell", "Silent"]
    assert playground.react(answer).content == "in pink"
    assert playground.click(answer, "Only me").private
    assert playground.click(answer, "Again").content == "pressed again"
    assert playground.click(answer, "tone", values=["Green"]).content == "tone Green"
    with pytest.raises(LookupError, match="Only me"):
        playground.click(answer, "Nothing")
    with pytest.raises(Refused, match="does not see"):
        playground.slash("admin")
    assert playground.slash("admin", person="ada").private
    assert playground.message("hello", person="sam").raw["author"]["username"] == "sam"
"""


def test_a_bot_author_tests_a_bot(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_bot.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", str(tmp_path)]
    environment = {**os.environ, "REPOSITORY": str(REPOSITORY), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
