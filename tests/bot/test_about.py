"""`/help`, `/privacy` and `/forget` as people use them, in a server and as guests."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from rq.job import JobStatus

from bot.commands.about import HELP, PRIVACY, WELCOME
from bot.commands.mentions import CommandIds
from jobs.rq_adapter.queue import render_queue
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, ASCII_CHANNEL, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, a_png, draw, only
from tests.bot.test_reaction import probe
from tests.bot.test_results import a_result

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
    discord.click(hers.reply.message_id, "glyph:text", user=ADA_ID)
    assert only(discord, redis).shas == hers.shas
    again = discord.wait_for_answer(discord.slash("forget"))
    assert again["content"].startswith("Deleted: 0 pictures")


def test_nothing_in_redis_names_who_was_forgotten(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    used = discord.slash("ascii", files={"image": a_png()})
    request = only(discord, redis)
    job = render_queue(redis).fetch_job(request.job_id)
    assert job is not None and MIA_ID in str(job.args)
    redis.delete("rq:queue:glyphcord")
    job.set_status(JobStatus.FAILED)  # RQ keeps such a job for a week
    render_queue(redis).failed_job_registry.add(job, ttl=60)
    draw(playground, redis, request)
    discord.wait_for_answer(used)
    discord.wait_for_answer(discord.slash("forget"))
    # What counts today's pictures stays until tomorrow, as `/privacy` says.
    assert named_in(redis, MIA_ID) <= {"quota:day", "quota:flying"}
    assert render_queue(redis).failed_job_registry.count == 0


def named_in(redis: Redis, user_id: str) -> set[str]:
    """The kinds of keys that hold a person's id, in their name or in what they keep."""
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
        held = read[redis.type(key)](key)  # type: ignore[index]  # no decode_responses here
        job = zlib.decompress(held[b"data"]) if isinstance(held, dict) and b"data" in held else b""
        if user_id in f"{key!r} {held!r} {job!r}":
            found.add(":".join(key.decode().removeprefix("glyphcord:").split(":")[:2]))
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
