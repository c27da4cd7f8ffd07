"""A fail-over to a replica that had not received the last seconds: what was in them is not forgotten."""

import time

import pytest
from redis import Redis

from bot.replies.reaper import _TURN
from jobs.connection import PREFIX
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.lifecycle.reactions import Attempt
from jobs.records import read_record
from jobs.rq_adapter.queue import QUEUE_KEY
from jobs.schema import RenderResult
from playground.testing import MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import draw, queued
from tests.bot.test_reaction import a_drawn_picture, replies_to
from tests.bot.test_reaper import a_waiting_job


@pytest.mark.parametrize("seen", [False, True], ids=["drawn", "drawn and seen to be over"])
def test_a_reaction_to_a_picture_that_redis_lost_is_answered(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, seen: bool
) -> None:
    _, request = a_waiting_job(discord, redis)
    draw(playground, redis, request)
    for _ in range(2 if seen else 0):  # one round of the reaper that began since then
        redis.delete(_TURN)
        discord.wait_for(lambda: redis.exists(_TURN))
    redis.delete(*(key for key in redis.scan_iter() if b"picture" not in key))
    discord.react(request.reply.message_id)
    (pink,) = discord.wait_for(lambda: queued(redis))
    assert pink.job_id == f"{request.reply.message_id}-pink"
    assert len(replies_to(discord, request.reply.message_id)) == 1


@pytest.mark.parametrize("drawn", [False, True], ids=["waiting", "drawn after it"])
def test_whose_a_message_is_gets_written_again_where_its_job_is_known(
    drawn: bool, discord: Controls, redis: Redis
) -> None:
    _, request = a_waiting_job(discord, redis)
    message_id = request.reply.message_id
    redis.delete(*(key for key in redis.scan_iter() if message_id.encode() in key), QUEUE_KEY)
    if drawn:
        Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="posted"))
    discord.react(message_id)
    (pink,) = discord.wait_for(lambda: queued(redis))
    assert pink.job_id == f"{message_id}-pink"


def test_what_a_person_had_forgotten_is_not_written_again(discord: Controls, redis: Redis) -> None:
    """Not by a bot either that has heard of no /forget, since another one did it."""
    _, request = a_waiting_job(discord, redis)
    Messages(redis).forget(MIA_ID)
    for _ in range(2):  # one round of the reaper that began since then
        redis.delete(_TURN)
        discord.wait_for(lambda: redis.exists(_TURN))
    assert Messages(redis).request_of(request.reply.message_id) is None


def test_a_reaction_that_waits_for_discord_is_not_lost(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    fault = discord.fault(method="POST", path="/messages$", status=429, retry_after=400, times=None)
    discord.react(message_id)

    def given_back() -> bool:
        attempt = read_record(Attempt, redis.get(f"{PREFIX}reaction:{message_id}:pink"))
        return attempt is not None and (attempt.held_until or 0) <= time.time()

    discord.wait_for(given_back)
    tried = discord.faults()[0]["hits"]  # by the reaper then, whose next round is more than a second away
    discord.wait_for(lambda: discord.faults()[0]["hits"] > tried and given_back())
    redis.delete(*(key for key in redis.scan_iter() if b"reaction" in key or b"clicks" in key or b"-pink" in key))
    discord.clear_faults(fault)
    (pink,) = discord.wait_for(lambda: queued(redis))
    assert pink.job_id == f"{message_id}-pink"
    assert len(replies_to(discord, message_id)) == 1
