"""The pytest plugin for bot authors, found by pytest where the playground is installed: the fixture `playground` is
a Discord of its own for a test, with people in it, and `playground_bot` the bot on it.

    # pyproject.toml
    [tool.pytest.ini_options]
    playground_bot = "python -m mybot"

    def test_it_echoes(playground, playground_bot):
        assert playground.slash("echo", text="hello").content == "hello"

It costs a project that doesn't use it next to nothing: everything else is imported by the fixtures.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playground.testing import Scene

BOT_HELP = "the command that starts the bot for the fixture playground_bot, such as: python -m mybot"
WITHOUT_COMMANDS_S = 5.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("playground_bot", BOT_HELP)
    parser.addini("playground_timeout", "seconds that a test waits for the bot", default="30")
    parser.getgroup("playground").addoption("--playground-bot", metavar="COMMAND", help=BOT_HELP)


@pytest.fixture
def playground(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A playground in a process of its own, for one test."""
    from playground.testing import PlaygroundProcess, Scene  # noqa: PLC0415

    with PlaygroundProcess() as process:
        yield Scene(process, timeout=float(request.config.getini("playground_timeout")))


@pytest.fixture
def playground_bot(request: pytest.FixtureRequest, playground: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """The bot as a process, connected and with its commands registered: what `--playground-bot` or the setting
    `playground_bot` starts. A project whose bot needs more has a fixture of this name of its own."""
    command = request.config.getoption("playground_bot") or request.config.getini("playground_bot")
    if not command:
        pytest.fail(
            "say how the bot is started: --playground-bot 'python -m mybot', or playground_bot in the settings"
        )
    environment = {**os.environ, **playground.environment()}
    words = shlex.split(command)
    with subprocess.Popen(words, cwd=request.config.rootpath, env=environment) as process:  # noqa: S603
        try:
            _wait_for(process, command, playground)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(process: subprocess.Popen[bytes], command: str, playground: Scene) -> None:
    """Until it is connected and has registered commands; one that has none is given WITHOUT_COMMANDS_S for that."""
    ends, connected = time.monotonic() + playground.timeout, None
    while True:
        state, now = playground.controls.state(), time.monotonic()
        connected = (connected or now) if state["sessions"] else None
        if connected is not None and (state["commands"] or now - connected > WITHOUT_COMMANDS_S):
            return
        if process.poll() is not None:
            pytest.fail(f"the bot ended with {process.returncode} before it was connected: {command}")
        if now > ends:
            pytest.fail(f"the bot was not connected within {playground.timeout} s: {command}")
        time.sleep(0.05)
