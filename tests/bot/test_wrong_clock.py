"""A bot on a machine whose clock is two hours off."""

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bench.chaos.wrong_clock import MODULE, with_wrong_clock
from bot.render.begun import DEADLINE_S
from jobs.lifecycle.job import PENDING
from jobs.routes import TOKEN_S
from tests.bot.processes import HASTY, BotProcess, a_png, only
from tests.fork_server import forked_playground

PAUSE_MS = 8000
"""Longer than a bot takes to come up and look at the clock, shorter than the tests' client waits for an answer."""
NEAR_S = 3
"""A clock that is two hours off is told by much less; one that is read while Redis hangs is off by half of that."""


def time_of(redis: Redis) -> int:
    answer: Any = redis.time()
    return int(answer[0])


@pytest.mark.parametrize("ahead_s", [7200, -7200], ids=["ahead", "behind"])
def test_its_deadlines_are_those_of_others(redis: Redis, redis_url: str, tmp_path: Path, ahead_s: float) -> None:
    with forked_playground() as own:
        environment = with_wrong_clock("bot", ahead_s)
        with BotProcess(own, redis_url, tmp_path, module=MODULE, **environment):
            began = time_of(redis)
            own.controls.slash("ascii", files={"image": a_png()})
            request = only(own.controls, redis)
            ended = time_of(redis) + NEAR_S
            assert began - NEAR_S <= request.deadline_at - DEADLINE_S <= ended
            assert began - NEAR_S <= request.reply.token_expires_at - TOKEN_S <= ended
            waiting: Any = redis.zrange(PENDING, 0, -1, withscores=True)
            ((_, look_at),) = waiting
            assert 0 < look_at - began < 60


def test_what_is_asked_for_as_soon_as_redis_is_there_has_its_time(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with forked_playground() as own:
        redis.client_pause(PAUSE_MS)
        wrong = with_wrong_clock("bot", -7200)
        with BotProcess(own, redis_url + HASTY, tmp_path, module=MODULE, **wrong):
            began = time_of(redis)  # answered when the pause is over
            own.controls.slash("ascii", files={"image": a_png()})
            request = only(own.controls, redis)
            assert began - NEAR_S <= request.deadline_at - DEADLINE_S <= time_of(redis) + NEAR_S
