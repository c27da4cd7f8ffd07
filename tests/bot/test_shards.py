"""Several gateway connections, in one process and in several: who hears what, whose turn it is, and coming back."""

import asyncio
import inspect
import urllib.error
import urllib.request
from pathlib import Path

import discord.shard
import pytest
from discord.shard import Shard
from redis import Redis

from bot.gateway.shards import CAP_S, Backoff, await_turn, parse_shards, resume_after_outages
from devstack.valkey import free_port
from jobs.connection import connect
from playground.testing import Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, queued
from tests.bot.test_reaction import a_drawn_picture
from tests.fork_server import forked_playground

TURN = "glyphcord:identify"
MIAS_DM = "160000000000000003"


def test_a_shard_connects_again_within_a_minute_however_long_the_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.gateway.shards.time.monotonic", lambda: now)
    backoff = Backoff()
    waits = []
    for _ in range(2000):
        waits.append(backoff.delay())
        now += waits[-1]
    assert waits[0] <= 2 and max(waits) <= CAP_S, "discord.py's own goes to 1,024 s"
    assert min(waits[10:]) >= CAP_S / 2 and len({round(wait, 3) for wait in waits[10:]}) > 100, "not all at once"
    now += 3 * CAP_S
    assert backoff.delay() <= 2, "after it has been well for a while, the first try comes soon again"


def test_discord_py_takes_it() -> None:
    resume_after_outages()
    assert "self._backoff: ExponentialBackoff = ExponentialBackoff()" in inspect.getsource(Shard)
    assert vars(discord.shard)["ExponentialBackoff"] is Backoff


def test_an_outage_of_the_gateway_is_told_by_readiness_and_survived(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    port = free_port()

    def why_not_ready() -> bytes:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10).close()
        except urllib.error.HTTPError as error:
            assert error.code == 503
            return error.read()
        return b""

    with forked_playground() as own, BotProcess(own, redis_url, tmp_path, BOT_HTTP_PORT=str(port)):
        own.controls.wait_for(lambda: not why_not_ready())
        own.controls.fault(path="^/gateway$", status=503, for_s=100)
        own.controls.gateway("drop")
        own.controls.wait_for(lambda: own.controls.faults()[0]["hits"] >= 2)
        own.controls.wait_for(lambda: b"gateway is not connected" in why_not_ready())
        own.controls.advance(100)
        own.controls.wait_for(lambda: not why_not_ready())
        own.controls.slash("ascii", files={"image": a_png()})
        assert own.controls.wait_for(lambda: queued(redis))


@pytest.mark.parametrize(
    ("text", "shards"), [("", ()), ("0", (0,)), ("0-3, 8", (0, 1, 2, 3, 8)), ("2,1-2,", (1, 2)), ("10-10", (10,))]
)
def test_shards_are_numbers_and_ranges(text: str, shards: tuple[int, ...]) -> None:
    assert parse_shards(text) == shards


@pytest.mark.parametrize("text", ["a", "3-1", "-1", "1-", "1..2", "１"])
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        parse_shards(text)


async def test_processes_identify_one_after_another(redis: Redis) -> None:
    await await_turn(redis)
    second = asyncio.create_task(await_turn(redis))
    assert 0 < redis.pttl(TURN) <= 5200, "who dies before it identifies keeps nobody waiting for longer"
    redis.persist(TURN)
    asked = _times_asked(redis)
    while _times_asked(redis) < asked + 3:  # noqa: ASYNC110  that it asks again and again is the point
        await asyncio.sleep(0.05)
    assert not second.done()
    redis.delete(TURN)
    await asyncio.wait_for(second, 30)


def _times_asked(redis: Redis) -> int:
    return int(redis.info("commandstats")["cmdstat_set"]["calls"])


async def test_without_redis_they_identify_all_the_same() -> None:
    await asyncio.wait_for(await_turn(connect(f"redis://127.0.0.1:{free_port()}/0")), 60)


def test_shards_in_two_processes_share_out_what_there_is_to_hear(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    """Of four shards the playground's server is on the second, and direct messages are on the first."""
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()

    with forked_playground() as own:
        controls = own.controls
        first = BotProcess(own, redis_url, folders[0], SHARD_COUNT="4", SHARD_IDS="0")
        second = BotProcess(own, redis_url, folders[1], SHARD_COUNT="4", SHARD_IDS="1-2")
        with first:
            redis.delete(TURN)  # as if five seconds had gone
            with second:
                redis.delete(TURN)
                controls.wait_for(lambda: "shards=1 of=4" in first.log and "shards=2 of=4" in second.log)
                in_server = controls.slash("ascii", files={"image": a_png()})
                in_private = controls.slash("ascii", files={"image": a_png()}, channel=MIAS_DM)
                for used in (in_server, in_private):
                    controls.wait_for_answer(used)
                controls.wait_for(lambda: len(queued(redis)) == 2)
                assert {job.guild_id is None for job in queued(redis)} == {True, False}
                # The line is written after the job.
                controls.wait_for(lambda: f"queued interaction={in_server['interaction_id']}" in second.log)
                controls.wait_for(lambda: f"queued interaction={in_private['interaction_id']}" in first.log)
                for used, other in ((in_server, first), (in_private, second)):
                    assert used["interaction_id"] not in other.log
                assert second.stop() == first.stop() == 0
    assert "Traceback" not in first.log + second.log


def test_a_click_while_the_network_was_gone_is_answered_when_it_is_back(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, running_bot: BotProcess
) -> None:
    """discord.py's sharded client would give the session up after one failed attempt."""
    message_id = a_drawn_picture(playground, redis).reply.message_id
    resumed = running_bot.log.count("RESUMED")
    rule = discord.fault(path="^/gateway$", status=503, times=2)
    discord.gateway("drop")
    discord.react(message_id)
    discord.wait_for(lambda: running_bot.log.count("RESUMED") > resumed)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.job_id == f"{message_id}-pink"
    assert [fault["hits"] for fault in discord.faults()] == [2], rule
