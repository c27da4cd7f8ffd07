"""`/help`, `/privacy` and `/forget` as people use them, in a server and as guests."""

from pathlib import Path

import pytest
from redis import Redis

from bot.about import HELP, PRIVACY, WELCOME
from jobs.problems import SENTENCES
from playground.testing import ADA_ID, ASCII_CHANNEL, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import BotProcess, queued
from tests.bot.test_reaction import probe
from tests.bot.test_results import a_result

WITH_SAM = "160000000000000009"


@pytest.mark.parametrize("channel", [ASCII_CHANNEL, WITH_SAM])
def test_help_and_privacy_answer_who_asks(discord: Controls, channel: str) -> None:
    for command, text in (("help", HELP), ("privacy", PRIVACY)):
        answer = discord.wait_for_answer(discord.slash(command, channel=channel))
        assert answer["ephemeral_to"] == MIA_ID
        assert answer["content"].startswith(text.split("{")[0])
        assert "{" not in answer["content"] and len(answer["content"]) <= 2000


def test_help_names_the_reactions_that_work_here(discord: Controls) -> None:
    content = discord.wait_for_answer(discord.slash("help"))["content"]
    assert all(emoji in content for emoji in "🩷💙💚🧡🖤🤍🌈")


def test_privacy_names_the_days_that_are_set(discord: Controls) -> None:
    content = discord.wait_for_answer(discord.slash("privacy"))["content"]
    assert "7 days after they were last drawn" in content and "30 days" in content


def test_forget_deletes_what_was_kept_of_one_person(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    mine, hers = a_result(playground, redis), a_result(playground, redis, user=ADA_ID, palette="green")
    message_id = mine.reply.message_id
    answer = discord.wait_for_answer(discord.slash("forget"))
    assert answer["content"].startswith("Done: one picture") and answer["ephemeral_to"] == MIA_ID
    assert redis.keys("glyphcord:picture:*") == []
    told = discord.wait_for_answer(discord.click(message_id, "glyph:text"))
    assert told["content"] == SENTENCES["forgotten"]
    # Ada sent the same file; her record stands, and she is told that the picture is gone.
    told = discord.wait_for_answer(discord.click(hers.reply.message_id, "glyph:text", user=ADA_ID))
    assert told["content"] == SENTENCES["picture_gone"]
    assert queued(redis) == []
    again = discord.wait_for_answer(discord.slash("forget"))
    assert again["content"].startswith("Done: 0 pictures")


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
            return sum(m["content"] == WELCOME for m in messages)

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
