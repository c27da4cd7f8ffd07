"""`/help`, `/privacy` and `/forget` as people use them, in a server and as guests."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq.job import Job

from bot.commands.about import HELP, PRIVACY
from bot.commands.command_mentions import CommandIds
from bot.commands.welcome import WELCOME
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.reactions import Reactions
from jobs.rq_adapter.queue import render_queue
from jobs.schema import RenderResult
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, ASCII_CHANNEL, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, draw, only, queued
from tests.bot.test_reaction import probe, replies_to
from tests.bot.test_results import a_result, as_text

WITH_SAM = "160000000000000009"


@pytest.mark.parametrize("channel", [ASCII_CHANNEL, WITH_SAM])
def test_help_and_privacy_answer_who_asks(discord: Controls, channel: str) -> None:
    for command, text in (("help", HELP["title"]), ("privacy", PRIVACY)):
        answer = discord.wait_for_answer(discord.slash(command, channel=channel))
        assert answer["ephemeral_to"] == MIA_ID
        assert answer["content"].startswith(text.split("{")[0])
        assert "{" not in answer["content"] and len(answer["content"]) <= 2000


def test_help_names_the_reactions_that_work_here(discord: Controls) -> None:
    content = discord.wait_for_answer(discord.slash("help"))["content"]
    assert all(emoji in content for emoji in "🩷💙💚🧡🖤🤍🌈")


@pytest.mark.parametrize(
    ("locale", "ascii", "settings", "choice"),
    [
        ("en-GB", "ascii", "settings", "palette:pink columns:120 background:Light (dark characters on white)"),
        ("de", "ascii", "einstellungen", "palette:Rosa spalten:120 hintergrund:Hell (dunkle Zeichen auf Weiß)"),
        ("zh-CN", "字符画", "设置", "配色:粉色 列数:120 背景:浅色"),
    ],
)
def test_help_has_commands_to_click_and_choices_by_their_names(
    discord: Controls, locale: str, ascii: str, settings: str, choice: str
) -> None:
    ids = {command["name"]: command["id"] for command in discord.state()["commands"]}
    discord.speak(locale)
    content = discord.wait_for_answer(discord.slash("help"))["content"]
    discord.speak("en-US")
    assert f"• </{ascii}:{ids['ascii']}> `" in content and f"</{settings}:{ids['settings']}>" in content
    assert choice in content


def test_a_command_that_is_not_registered_yet_is_named_all_the_same() -> None:
    ids = CommandIds()
    assert ids.mention("settings export", "de") == "`/einstellungen exportieren`"
    ids.note([{"name": "settings", "id": "7"}, {"name": "Make ASCII", "type": 3, "id": "8"}])
    assert ids.mention("settings export", "de") == "</einstellungen exportieren:7>"


def test_privacy_names_the_days_that_are_set(discord: Controls) -> None:
    content = discord.wait_for_answer(discord.slash("privacy"))["content"]
    assert "7 days after they were last drawn" in content and "30 days" in content


def test_forget_deletes_what_was_kept_of_one_person(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    mine, hers = a_result(playground, redis), a_result(playground, redis, user=ADA_ID, palette="green")
    message_id = mine.reply.message_id
    answer = discord.wait_for_answer(discord.slash("forget"))
    assert answer["content"].startswith("Deleted: one picture") and answer["ephemeral_to"] == MIA_ID
    told = discord.wait_for_answer(discord.click(message_id, "glyph:text"))
    assert told["content"] == SENTENCES["forgotten"]
    # Ada sent the same file, so it is hers as well.
    as_text(discord, hers.reply.message_id, "Phone", user=ADA_ID)
    assert only(discord, redis).shas == hers.shas
    again = discord.wait_for_answer(discord.slash("forget"))
    assert again["content"].startswith("Deleted: 0 pictures")


def test_forget_takes_all_of_ones_own_and_nothing_of_others(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    """Mia has done everything that leaves something behind; so has Ada, with her and beside her."""
    hers, mine = a_result(playground, redis, user=ADA_ID, palette="green"), a_result(playground, redis)
    two = discord.message("two", files={"a": a_png(70, 50), "b": a_png(71, 50)})
    lists = [
        discord.wait_for_answer(discord.slash("Make ASCII", target=two, user=user)) for user in (MIA_ID, ADA_ID)
    ]
    discord.permit("model", user=MIA_ID)
    for user in (MIA_ID, ADA_ID):
        discord.wait_for_answer(discord.slash("model reload", {"name": user}, user=user))
    discord.permit("model", user=MIA_ID, allow=False)
    discord.click(lists[0]["id"], lists[0]["components"][0]["components"][0]["custom_id"], values=["all"])
    waiting = [
        discord.slash("ascii", {"private": private}, files={"image": a_png(80, 60)}) for private in (True, False)
    ]
    discord.react(hers.reply.message_id, user=MIA_ID)
    discord.react(mine.reply.message_id, "💚", user=ADA_ID)
    discord.slash("ascii", files={"image": a_png(90, 60)}, user=ADA_ID)
    jobs = discord.wait_for(lambda: found if len(found := queued(redis)) == 6 else None)
    discord.wait_for(lambda: not Reactions(redis, Jobs(redis)).clicks())  # settled, which comes after the queue
    of_mia = [job for job in jobs if job.user_id == MIA_ID]
    of_ada = [job for job in jobs if job.user_id == ADA_ID]
    assert (len(of_mia), len(of_ada)) == (4, 2)
    tokens = [job.reply.token for job in (*of_mia, mine) if job.reply.token]
    before, ada_before = named_in(redis, MIA_ID), named_in(redis, ADA_ID)
    assert {"user", "message", "pictures", "list", "quota", "rq"} <= {kind.split(":")[0] for kind in before}

    answer = discord.wait_for_answer(discord.slash("forget"))
    assert answer["content"].startswith("Deleted: 4 pictures")
    discord.wait_for(lambda: {job.user_id for job in queued(redis)} == {ADA_ID})
    # What counts today's pictures stays until tomorrow, as `/privacy` says.
    assert named_in(redis, MIA_ID) == {"quota:day"}
    assert not any(named_in(redis, token) for token in tokens)
    for used in waiting:
        told = discord.wait_for_answer(used)
        assert (told["content"], told["attachments"]) == (SENTENCES["cancelled"], [])
    assert [m["content"] for m in replies_to(discord, hers.reply.message_id)] == [SENTENCES["cancelled"]]

    # Nothing of Ada's is missing: her records, her jobs, her list, and the file that both have sent.
    assert named_in(redis, ADA_ID) == ada_before
    assert {job.job_id for job in queued(redis)} == {job.job_id for job in of_ada}
    assert all(redis.exists(f"glyphcord:picture:{sha}") for sha in hers.shas)
    picker = lists[1]["components"][0]["components"][0]["custom_id"]
    discord.click(lists[1]["id"], picker, values=["0"], user=ADA_ID)
    discord.wait_for(lambda: len(queued(redis)) == 3)


def test_who_merely_reacted_takes_nothing_with_them(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    hers = a_result(playground, redis, user=ADA_ID)
    discord.react(hers.reply.message_id, user=MIA_ID)
    assert only(discord, redis).user_id == MIA_ID
    as_text(discord, hers.reply.message_id, "Phone", user=MIA_ID)
    discord.wait_for(lambda: len(queued(redis)) == 2)
    assert discord.wait_for_answer(discord.slash("forget"))["content"].startswith("Deleted: 0 pictures")
    assert redis.exists(f"glyphcord:picture:{hers.shas[0]}")
    discord.wait_for(lambda: not queued(redis))
    discord.react(hers.reply.message_id, "💚", user=ADA_ID)
    assert only(discord, redis).shas == hers.shas


def test_a_job_that_a_worker_has_begun_leaves_nothing_once_it_has_ended(discord: Controls, redis: Redis) -> None:
    discord.slash("ascii", files={"image": a_png()})
    request = only(discord, redis)
    redis.delete("rq:queue:glyphcord")
    redis.hset(Job.key_for(request.job_id), "status", "started")
    discord.wait_for_answer(discord.slash("forget"))
    assert Jobs(redis).progress(request.job_id), "the worker is told to end it"
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="cancelled", code="cancelled"))
    assert named_in(redis, MIA_ID) == {"quota:day"} and not named_in(redis, str(request.reply.token))


def test_a_picture_on_its_way_to_the_queue_gets_no_further(discord: Controls, redis: Redis) -> None:
    discord.fault(method="GET", path="attachments/", delay_s=2.0)
    used = discord.slash("ascii", files={"image": a_png()})
    discord.wait_for(lambda: discord.faults()[0]["hits"])
    discord.wait_for_answer(discord.slash("forget"))
    assert discord.wait_for_answer(used)["content"] == SENTENCES["cancelled"]
    discord.wait_for(lambda: Jobs(redis).result_of(used["interaction_id"]))
    assert queued(redis) == [] and not redis.keys("glyphcord:picture:*")
    assert named_in(redis, MIA_ID) <= {"quota:day"}


def test_what_a_job_was_given_goes_with_its_end(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    """Also without `/forget`: RQ keeps such a job for an hour, one that has failed for a week."""
    discord.slash("ascii", files={"image": a_png()})
    request = only(discord, redis)
    key = Job.key_for(request.job_id)
    given: Any = redis.hget(key, "data")
    assert MIA_ID.encode() in zlib.decompress(given)
    draw(playground, redis, request)
    job = render_queue(redis).fetch_job(request.job_id)
    assert job is not None and not job.args and job.func_name == "worker.tasks.render"
    assert not named_in(redis, str(request.reply.token))


def named_in(redis: Redis, user_id: str) -> set[str]:
    """The kinds of keys that hold a person's id or a token, in their name or in what they keep."""
    read: dict[bytes, Callable[[bytes], object]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": redis.xrange,
    }
    found = set()
    for key in redis.scan_iter():
        kind: Any = redis.type(key)
        if kind == b"none":  # it has expired since it was found
            continue
        held = read[kind](key)
        job = zlib.decompress(held[b"data"]) if isinstance(held, dict) and b"data" in held else b""
        if user_id in f"{key!r} {held!r} {job!r}":
            kind, *rest = key.decode().removeprefix("glyphcord:").split(":")
            found.add(":".join((kind, rest[0])) if rest and kind in ("quota", "pictures", "audit") else kind)
    return found


def test_a_server_is_welcomed_once_by_however_many_processes(
    playground: PlaygroundProcess, discord: Controls, running_bot: BotProcess, redis_url: str, tmp_path: Path
) -> None:
    with BotProcess(playground, redis_url, tmp_path) as second:
        # Until then a server that comes is one of those that were there.
        discord.wait_for(lambda: all("ready user=" in bot.log for bot in (running_bot, second)))
        assert discord.gateway("join") == 2
        discord.gateway("join")

        def welcomes() -> int:
            messages = [m for channel in discord.state()["messages"].values() for m in channel]
            return sum(m["content"].startswith(WELCOME.split("{")[0]) for m in messages)

        discord.wait_for(welcomes)
        probe(discord)
        assert welcomes() == 1


def test_a_welcome_that_cannot_be_posted_stops_nothing(
    discord: Controls, running_bot: BotProcess, redis: Redis
) -> None:
    discord.wait_for(lambda: "ready user=" in running_bot.log)
    discord.fault(method="POST", path="/messages$", status=403)
    discord.gateway("join")
    discord.wait_for(lambda: discord.faults()[0]["hits"])
    probe(discord)
