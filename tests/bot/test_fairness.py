"""Limits as people meet them: told to them alone, before anything is fetched, and given back when we fail."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs.lifecycle.job import PACE, Jobs
from jobs.registry.fleet import Fleet
from jobs.rq_adapter.queue import enqueue
from jobs.schema import RenderRequest, RenderResult
from jobs.text.sentences import SENTENCES, is_interim
from playground.testing import ADA_ID, MIA_ID, MOD_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, only, queued
from tests.bot.test_reaction import replies_to
from tests.bot.test_results import a_result, as_text
from tests.jobs.requests import a_request

LIMITS = {"USER_IN_FLIGHT": "2", "USER_DAILY": "4", "QUEUE_LIMIT": "6"}


@pytest.fixture
def strict(playground: PlaygroundProcess, redis_url: str, tmp_path: Path) -> Iterator[Controls]:
    """A bot of its own, with limits."""
    with BotProcess(playground, redis_url, tmp_path, **LIMITS):
        yield playground.controls


def asked(discord: Controls, user: str = MIA_ID) -> str:
    """What somebody is told when they ask; "" when it is on the queue, and so a worker's to answer."""
    used = discord.slash("ascii", files={"image": a_png()}, user=user)
    answer = discord.wait_for_answer(used)
    if is_interim(answer["content"]):
        return ""
    assert answer["ephemeral_to"] == user
    return str(answer["content"])


def a_result_before(playground: PlaygroundProcess, redis: Redis) -> RenderRequest:
    """A result of earlier; no worker is awake by now, so that who asks is told something at once."""
    request, fleet = a_result(playground, redis), Fleet(redis)
    for report in fleet.alive():
        fleet.leave(report.name)
    return request


def test_so_many_at_one_time_for_each_person(strict: Controls, redis: Redis) -> None:
    assert [asked(strict) for _ in range(2)] == ["", ""]
    strict.fault(path="^/cdn/", delay_s=0.001, times=None)  # harmless, but it counts
    assert asked(strict) == SENTENCES["in_flight"].format(count=2)
    assert [fault["hits"] for fault in strict.faults()] == [0]
    strict.clear_faults()
    assert asked(strict, ADA_ID) == ""
    first = strict.wait_for(lambda: queued(redis))[0]
    Jobs(redis).finish(RenderResult(job_id=first.job_id, outcome="posted"))
    assert asked(strict) == ""


def test_so_many_a_day_and_what_failed_does_not_count(strict: Controls, redis: Redis) -> None:
    for outcome in ("posted", "failed", "posted", "posted", "failed", "posted"):
        assert asked(strict) == ""
        # What it says meanwhile may come before the job is on the queue.
        job = strict.wait_for(lambda: queued(redis))[-1]
        Jobs(redis).finish(RenderResult.model_validate({"job_id": job.job_id, "outcome": outcome}))
        redis.delete("rq:queue:glyphcord")
    refusal = asked(strict)
    assert refusal.startswith("You have reached your limit of 4 pictures a day.")
    assert asked(strict, ADA_ID) == ""


def test_a_full_queue_is_said_with_when_to_come_back(strict: Controls, redis: Redis) -> None:
    redis.lpush(PACE, 10.0)
    for n in range(6):
        enqueue(redis, a_request(job_id=str(n)))
    assert asked(strict) == SENTENCES["queue_full"].format(duration="60 s")
    assert len(queued(redis)) == 6


def test_what_could_not_be_fetched_costs_no_place(strict: Controls, redis: Redis) -> None:
    for _ in range(3):
        strict.fault(path="^/cdn/", status=404)
        used = strict.slash("ascii", files={"image": a_png()})
        assert strict.wait_for_answer(used)["content"] == SENTENCES["attachment_gone"]
        strict.wait_for(lambda: Jobs(redis).ended([used["interaction_id"]]))  # noqa: B023  # asked at once
    assert asked(strict) == ""


def test_reactions_count_too_and_the_next_person_may(
    playground: PlaygroundProcess, strict: Controls, redis: Redis
) -> None:
    message_id = a_result_before(playground, redis).reply.message_id
    assert [asked(strict, ADA_ID) for _ in range(2)] == ["", ""]
    strict.wait_for(lambda: len(queued(redis)) == 2)  # what it says meanwhile may come before
    redis.delete("rq:queue:glyphcord")
    strict.react(message_id, "🩷", user=ADA_ID)
    refused = strict.wait_for_answer(as_text(strict, message_id, "Phone", user=ADA_ID))
    assert refused["content"] == SENTENCES["in_flight"].format(count=2)
    assert [m for m in replies_to(strict, message_id) if not m["ephemeral_to"]] == []
    strict.react(message_id, "🩷", user=MOD_ID)
    assert only(strict, redis).user_id == MOD_ID


def test_the_pink_button_says_why_not(playground: PlaygroundProcess, strict: Controls, redis: Redis) -> None:
    message_id = a_result_before(playground, redis).reply.message_id
    assert [asked(strict, ADA_ID) for _ in range(2)] == ["", ""]
    strict.click(message_id, "glyph:pink", user=ADA_ID)
    sentence = SENTENCES["in_flight"].format(count=2)
    strict.wait_for(
        lambda: [m for m in strict.messages() if m["ephemeral_to"] == ADA_ID and m["content"] == sentence]
    )


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (400, 50035)])
def test_a_reaction_that_cannot_be_answered_costs_nothing(
    playground: PlaygroundProcess, strict: Controls, redis: Redis, status: int, code: int
) -> None:
    refusal = {"code": code, "message": "No"}  # without a code it would be trouble on the way, and tried again
    message_id = a_result_before(playground, redis).reply.message_id
    for emoji in ("🩷", "💚", "🧡"):
        strict.fault(method="POST", path="/channels/[0-9]+/messages$", status=status, body=refusal)
        strict.react(message_id, emoji, user=ADA_ID)
        strict.wait_for(lambda: all(fault["hits"] for fault in strict.faults()))
        strict.clear_faults()
    strict.wait_for(lambda: not redis.zcard(f"glyphcord:quota:flying:{ADA_ID}"))
    assert [asked(strict, ADA_ID) for _ in range(2)] == ["", ""]


def test_a_picture_no_longer_kept_costs_nothing(
    playground: PlaygroundProcess, strict: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis)
    redis.delete(f"glyphcord:picture:{first.shas[0]}")
    strict.react(first.reply.message_id, "🩷", user=ADA_ID)
    strict.wait_for(lambda: replies_to(strict, first.reply.message_id))
    strict.wait_for(lambda: not redis.zcard(f"glyphcord:quota:flying:{ADA_ID}"))
    assert redis.keys("glyphcord:quota:charge:*-pink") == []
