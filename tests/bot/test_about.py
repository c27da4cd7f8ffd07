"""`/help`, `/privacy` and `/forget` as people use them, in a server and as guests."""

import pytest
from redis import Redis

from bot.about import HELP, PRIVACY
from jobs.problems import SENTENCES
from playground.testing import ADA_ID, ASCII_CHANNEL, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import queued
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
