"""One playground and one bot for the tests of a module; each test begins without faults or jobs.

Not for the whole session: every bot on one Redis reaps for all, and this one would answer for tests that have a
playground of their own.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from discord.utils import time_snowflake
from redis import Redis
from rq.job import Job

from jobs.lifecycle.job import PENDING, Jobs
from jobs.lifecycle.reactions import Reactions
from playground.testing import Controls, PlaygroundProcess
from tests.bot.processes import BotProcess
from tests.fork_server import forked_playground

LATE_S: Final = 3.0


@pytest.fixture(scope="module")
def playground() -> Iterator[PlaygroundProcess]:
    with forked_playground() as process:
        yield process


@pytest.fixture(scope="module")
def running_bot(
    playground: PlaygroundProcess, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    # A machine that is busy with other tests is slow, and nothing here is about a Redis that is.
    url = f"{redis_server}?socket_timeout=30&socket_connect_timeout=30"
    with BotProcess(playground, url, tmp_path_factory.mktemp("bot")) as process:
        yield process


@pytest.fixture
def discord(playground: PlaygroundProcess, running_bot: BotProcess, redis: Redis) -> Iterator[Controls]:
    """The playground's controls, with the bot connected to it."""
    assert running_bot.running(), running_bot.log
    begun = time_snowflake(datetime.now(UTC))
    yield playground.controls
    playground.controls.clear_faults()
    let_jobs_arrive(redis, begun)


def let_jobs_arrive(redis: Redis, since: int) -> None:
    """Wait until all that was asked for after the snowflake `since` is on the queue, LATE_S at most.

    What the bot says meanwhile may come before the job is there, which would then be on the next test's queue. Of
    earlier tests the bot writes down anew who waits; and some tests leave people waiting for one that never comes.
    """
    reactions, ends = Reactions(redis, Jobs(redis)), time.monotonic() + LATE_S

    def is_on_its_way(job_id: str) -> bool:
        number = job_id.partition("-")[0]
        return number.isdigit() and int(number) >= since and not redis.exists(Job.key_for(job_id))

    while time.monotonic() < ends:
        waiting: Any = redis.zrange(PENDING, 0, -1)
        clicked = any(int(click.message_id) >= since for click in reactions.clicks())
        if not clicked and not any(is_on_its_way(job_id.decode()) for job_id in waiting):
            break
        time.sleep(0.02)
