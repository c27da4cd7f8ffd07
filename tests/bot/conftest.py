"""One playground and one bot for the tests of a module; each test begins without faults or jobs.

Not for the whole session: every bot on one Redis reaps for all, and this one would answer for tests that have a
playground of their own.
"""

import time
from collections.abc import Iterator

import pytest

from playground.testing import Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, begin_test
from tests.fork_server import forked_playground


@pytest.fixture(scope="module")
def playground() -> Iterator[PlaygroundProcess]:
    with forked_playground() as process:
        yield process


@pytest.fixture(scope="module")
def running_bot(
    playground: PlaygroundProcess, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    with BotProcess(playground, redis_server, tmp_path_factory.mktemp("bot")) as process:
        yield process


@pytest.fixture(autouse=True)
def _own_jobs_only(request: pytest.FixtureRequest) -> None:
    now = time.time()
    if "playground" in request.fixturenames:  # which an earlier test of the module may have advanced
        now = request.getfixturevalue("playground").controls.state(interaction="none")["now"]
    begin_test(now)


@pytest.fixture
def discord(playground: PlaygroundProcess, running_bot: BotProcess) -> Iterator[Controls]:
    """The playground's controls, with the bot connected to it."""
    assert running_bot.running(), running_bot.log
    yield playground.controls
    playground.controls.clear_faults()
