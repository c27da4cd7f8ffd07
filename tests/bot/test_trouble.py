"""Trouble between the bot and Discord that passes: it ends nothing, once and for 20 s of the playground's clock."""

import time
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis
from tenacity import wait_none

from bot.commands import registration
from bot.commands.command_mentions import CommandIds
from jobs.connection import PREFIX
from jobs.lifecycle.job import PENDING, Jobs
from jobs.lifecycle.reactions import Attempt, Reactions
from jobs.rq_adapter.queue import withdraw
from jobs.schema import Click, RenderResult
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, ASCII_CHANNEL, GUILD_ID, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, call, queued
from tests.bot.test_reaction import a_drawn_picture, replies_to
from tests.bot.test_reaper import a_waiting_job, content, let_time_pass
from tests.bot.test_slash import a_worker_reports
from tests.fork_server import forked_playground
from tests.sentences import plain

PAGE = {"status": 403, "page": True}
BLOCKED = {"status": 403, "body": {"code": 40333, "message": "internal network error"}}
ONCE = [PAGE, BLOCKED, {"status": 403}, {"status": 408}, {"status": 503}, {"status": 520, "page": True}]
NAMES = ["403 page", "40333", "403 without a code", "408", "503", "520 page"]
once = pytest.mark.parametrize("fault", ONCE, ids=NAMES)


def hits(discord: Controls, times: int = 1) -> None:
    discord.wait_for(lambda: discord.faults()[0]["hits"] >= times)


@once
def test_an_acknowledgement_gets_through(discord: Controls, redis: Redis, fault: dict[str, Any]) -> None:
    discord.fault(method="POST", path="/callback$", **fault)
    used, _ = a_waiting_job(discord, redis)
    discord.wait_for(lambda: content(discord, used).startswith("Queued"))


@pytest.mark.parametrize("status", [403, 502])
def test_an_acknowledgement_that_arrived_all_the_same_is_ours(discord: Controls, redis: Redis, status: int) -> None:
    discord.fault(method="POST", path="/callback$", status=status, page=True, after=True)
    used, _ = a_waiting_job(discord, redis)
    assert discord.answer_to(used) is not None


def told(discord: Controls, used: dict[str, Any]) -> str:
    """What who asked is told alone."""
    return str(
        discord.wait_for(lambda: (a := discord.answer_to(used)) and a["ephemeral_to"] is not None and a["content"])
    )


@once
def test_a_sentence_gets_through(discord: Controls, redis: Redis, fault: dict[str, Any]) -> None:
    for method in ("DELETE", "POST"):
        discord.fault(method=method, path="/webhooks/", **fault)
        used = discord.slash("ascii", files={"image": ("x.png", b"no picture", "image/png")})
        assert told(discord, used) == SENTENCES["not_a_picture"]


def test_a_sentence_gets_through_after_20_s(discord: Controls, redis: Redis) -> None:
    discord.fault(method="DELETE", path="/webhooks/", for_s=20, **PAGE)
    used = discord.slash("ascii", files={"image": ("x.png", b"no picture", "image/png")})
    hits(discord, 3)
    discord.advance(20)
    redis.zadd(PENDING, {used["interaction_id"]: 0}, xx=True)  # the next look is now, unless it was said meanwhile
    assert told(discord, used) == SENTENCES["not_a_picture"]


@once
def test_a_reactions_reply_gets_through(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, fault: dict[str, Any]
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.fault(method="POST", path="/messages$", **fault)
    discord.react(message_id)
    assert [request.job_id for request in discord.wait_for(lambda: queued(redis))] == [f"{message_id}-pink"]
    assert len(replies_to(discord, message_id)) == 1


def test_a_reactions_reply_gets_through_after_20_s(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.fault(method="POST", path="/messages$", for_s=20, **PAGE)
    discord.react(message_id)
    hits(discord, 5)  # more than one try has
    discord.advance(20)
    assert [request.job_id for request in discord.wait_for(lambda: queued(redis))] == [f"{message_id}-pink"]
    assert len(replies_to(discord, message_id)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404},
        {"status": 404, "body": {"code": 10008, "message": "Unknown Message"}},
        {"status": 401, "body": {"code": 50027, "message": "Invalid Webhook Token"}},
        PAGE,
    ],
    ids=["404", "10008", "401", "403 page"],
)
def test_one_answer_closes_no_private_reply(discord: Controls, redis: Redis, fault: dict[str, Any]) -> None:
    used, request = a_waiting_job(discord, redis, private=True)
    withdraw(redis, request.job_id)
    discord.fault(method="GET", path="/webhooks/", **fault)

    def told() -> bool:
        redis.zadd(PENDING, {request.job_id: 0}, xx=True)  # the next look is now
        return content(discord, used) not in ("", SENTENCES["queued_no_worker"])

    discord.wait_for(told)
    assert discord.faults()[0]["hits"] == 1
    assert plain(content(discord, used)) == SENTENCES["lost"]


def test_commands_are_registered_as_soon_as_discord_takes_them(redis_url: str, tmp_path: Path) -> None:
    with forked_playground() as own:
        own.controls.fault(path="/users/@me$", status=503, for_s=200, page=True)
        own.controls.fault(path="/commands$", status=503, for_s=2000)
        bot = BotProcess(own, redis_url, tmp_path).launch()
        try:
            hits(own.controls, 2)
            own.controls.advance(200)
            own.controls.wait_for(lambda: own.controls.state()["sessions"])
            assert not own.controls.state()["commands"]
            own.controls.advance(2000)
            own.controls.wait_for_bot()
            assert bot.running(), bot.log
        finally:
            bot.stop()


async def test_an_error_that_nobody_foresaw_does_not_end_the_trying(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[Any] = [KeyError("id"), False, TypeError("a command of a new shape"), True]

    async def attempt(*_: object) -> bool:
        if isinstance(answer := answers.pop(0), Exception):
            raise answer
        return bool(answer)

    monkeypatch.setattr(registration, "sync_if_changed", attempt)
    monkeypatch.setattr(registration, "_BACK_OFF", wait_none())
    await registration.keep_trying(cast(Any, None), CommandIds())
    assert not answers and caplog.text.count("commands not registered; trying again") == 2


# A second attempt at a reaction, on the reply of the first


def a_failed_attempt(playground: PlaygroundProcess, redis: Redis) -> tuple[str, str]:
    """A result whose picture in pink has failed, and the reply that says so."""
    controls, message_id = playground.controls, a_drawn_picture(playground, redis).reply.message_id
    controls.react(message_id)
    (request,) = controls.wait_for(lambda: queued(redis))
    controls.wait_for(lambda: not Reactions(redis, Jobs(redis)).clicks())
    reply_id = request.reply.message_id
    call(playground, "PATCH", f"/channels/{ASCII_CHANNEL}/messages/{reply_id}", {"content": "It failed."})
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="failed"))
    redis.delete("rq:queue:glyphcord")
    controls.unreact(message_id)
    return message_id, reply_id


def test_a_page_instead_of_the_earlier_reply_makes_no_second_one(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id, reply_id = a_failed_attempt(playground, redis)
    discord.fault(method="PATCH", path=f"/messages/{reply_id}$", status=404, page=True, times=None)
    discord.react(message_id)
    (request,) = discord.wait_for(lambda: queued(redis))
    assert request.reply.message_id == reply_id and len(replies_to(discord, message_id)) == 1


def test_what_is_said_meanwhile_never_comes_late(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id, reply_id = a_failed_attempt(playground, redis)
    discord.fault(method="PATCH", path=f"/messages/{reply_id}$", status=429, retry_after=5)
    discord.react(message_id)
    hits(discord)
    # Meanwhile somebody takes the attempt over, and the picture is posted.
    assert Jobs(redis).claim(f"{message_id}-pink-2", "a-try").may_write
    call(playground, "PATCH", f"/channels/{ASCII_CHANNEL}/messages/{reply_id}", {"content": "pink · the picture"})
    discord.wait_for(lambda: not Reactions(redis, Jobs(redis)).clicks())
    (reply,) = replies_to(discord, message_id)
    assert reply["content"] == "pink · the picture"


def test_that_a_picture_is_queued_is_never_said_late(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    discord.fault(method="PATCH", path="/webhooks/", status=429, retry_after=5)
    used = discord.slash("ascii", files={"image": a_png()})
    hits(discord)
    assert Jobs(redis).claim(used["interaction_id"], "a-try").may_write
    token = discord.exchanges()[-1]["path"].split("/")[-3]
    path = f"/webhooks/{discord.state()['application_id']}/{token}/messages/@original"
    call(playground, "PATCH", path, {"content": "the end"})
    discord.wait_for(lambda: queued(redis))
    assert content(discord, used) == "the end"


# The claim on a reaction


def a_click(message_id: str, user_id: str = MIA_ID) -> Click:
    return Click(
        message_id=message_id,
        channel_id=ASCII_CHANNEL,
        guild_id=GUILD_ID,
        user_id=user_id,
        palette="pink",
        at=time.time(),
    )


def test_a_rate_limit_that_outlasts_a_claim_is_not_waited_for(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.fault(method="POST", path="/messages$", status=429, retry_after=400)
    discord.react(message_id)
    hits(discord)
    assert [request.job_id for request in discord.wait_for(lambda: queued(redis))] == [f"{message_id}-pink"]
    assert len(replies_to(discord, message_id)) == 1


def test_whoever_has_lost_a_claim_makes_no_reply_and_changes_nothing(redis: Redis) -> None:
    message_id = "40"  # of which no bot knows: one that runs finds the click, too
    reactions = Reactions(redis, Jobs(redis))
    mine = reactions.take(a_click(message_id))
    assert mine is not None and reactions.holds(mine)
    key = f"{PREFIX}reaction:{message_id}:pink"
    redis.set(key, mine.model_copy(update={"held_until": 0.0}).model_dump_json())
    theirs = reactions.take(a_click(message_id))
    assert theirs is not None and reactions.holds(theirs) and not reactions.holds(mine)
    before = redis.get(key)
    reactions.settle(mine, "1")
    reactions.release(mine, a_click(message_id), again=False)
    assert redis.get(key) == before
    redis.delete(key)  # a fail-over that lost it
    assert reactions.holds(theirs)
    reactions.settle(theirs, "2")
    assert Attempt.model_validate_json(redis.get(key) or b"").reply_id == "2"


@pytest.mark.parametrize("by", ["reaction", "button"])
def test_a_deleted_reply_is_drawn_anew(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, by: str
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    discord.react(message_id)
    (request,) = discord.wait_for(lambda: queued(redis))
    discord.wait_for(lambda: not Reactions(redis, Jobs(redis)).clicks())
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="posted"))
    redis.delete("rq:queue:glyphcord")
    discord.delete_message(request.reply.message_id)
    path = f"/channels/{ASCII_CHANNEL}/messages/{message_id}"
    button = {"type": 2, "style": 2, "label": "Pink", "custom_id": "glyph:pink"}
    call(playground, "PATCH", path, {"components": [{"type": 1, "components": [button]}]})

    def ask() -> None:
        discord.clear_faults()
        discord.fault(method="GET", path=f"/messages/{request.reply.message_id}$", **PAGE)  # which is no answer
        if by == "button":
            discord.click(message_id, "glyph:pink", user=ADA_ID)
        else:
            discord.react(message_id, user=ADA_ID)

    ask()
    try:
        (again,) = discord.wait_for(lambda: queued(redis), 15)
    except TimeoutError:  # the bot looks for a second and a half only, which a busy machine may take
        if by == "reaction":
            discord.unreact(message_id, user=ADA_ID)
        ask()
        (again,) = discord.wait_for(lambda: queued(redis))
    (reply,) = replies_to(discord, message_id)
    assert again.job_id == f"{message_id}-pink-2" and again.reply.message_id == reply["id"]


def test_nobody_waits_for_anothers_click(playground: PlaygroundProcess, discord: Controls, redis: Redis) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    used, request = a_waiting_job(discord, redis)
    withdraw(redis, request.job_id)
    a_worker_reports(redis)
    discord.fault(method="POST", path="/messages$", stall=True)
    redis.hset(f"{PREFIX}clicks", f"{message_id}:pink", a_click(message_id).model_dump_json())  # a dead bot's
    hits(discord)
    let_time_pass(redis, request.job_id)
    assert plain(discord.wait_for_answer(used, 30)["content"]) == SENTENCES["lost"]


# Redis and the gateway


def test_a_redis_that_refuses_writes_is_an_outage(
    playground: PlaygroundProcess, discord: Controls, redis: Redis, running_bot: BotProcess
) -> None:
    message_id = a_drawn_picture(playground, redis).reply.message_id
    lines = running_bot.log.count("redis fails")
    redis.config_set("min-replicas-to-write", 1)
    try:
        used = discord.slash("ascii", files={"image": a_png()})
        assert plain(discord.wait_for_answer(used)["content"]) == SENTENCES["queue_down"]
        discord.react(message_id)
        discord.wait_for(lambda: "reaction waits for redis" in running_bot.log)
        discord.wait_for(lambda: running_bot.log.count("redis fails") > lines)
    finally:
        redis.config_set("min-replicas-to-write", 0)
    assert [r.job_id for r in discord.wait_for(lambda: queued(redis))] == [f"{message_id}-pink"]
    assert running_bot.log.count("redis fails") == lines + 1
    assert "Traceback" not in running_bot.log


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("INTERACTION_CREATE", {"id": "1", "type": 2, "token": "secret", "version": 1, "application_id": "5"}),
        ("INTERACTION_CREATE", {"id": "1", "type": 2, "token": "secret", "version": 1}),
        (
            "INTERACTION_CREATE",
            {
                "id": "1",
                "type": 2,
                "token": "secret",
                "version": 1,
                "application_id": "5",
                "attachment_size_limit": 5,
                "channel": None,
            },
        ),
        ("MESSAGE_REACTION_ADD", {"emoji": "secret"}),
        ("MESSAGE_REACTION_ADD", None),
        ("GUILD_CREATE", []),
    ],
)
def test_an_event_of_a_new_shape_is_logged_and_skipped(
    discord: Controls, redis: Redis, running_bot: BotProcess, event: str, data: object
) -> None:
    lines = running_bot.log.count("gateway event skipped")
    discord.gateway("send", event=event, data=data)
    discord.wait_for(lambda: running_bot.log.count("gateway event skipped") > lines)
    line = next(x for x in reversed(running_bot.log.splitlines()) if "gateway event skipped" in x)
    assert f"event={event.lower()}" in line and "secret" not in line
    a_waiting_job(discord, redis)
