"""The button Compare, through the whole program: whose photo it is, where it is shown, what is charged."""

from redis import Redis

from jobs.schema import RenderRequest
from jobs.text.buttons import comparison_rows, result_rows
from jobs.text.sentences import SENTENCES
from playground.testing import ADA_ID, MIA_ID, Controls, PlaygroundProcess
from tests.bot.processes import only, queued
from tests.bot.test_results import QUEUE, a_result, as_text, put_buttons


def compared(discord: Controls, redis: Redis, message_id: str) -> RenderRequest:
    """What Mia's press on Compare asks for."""
    discord.click(message_id, "glyph:compare")
    request = only(discord, redis)
    redis.delete(QUEUE)
    return request


def refused(discord: Controls, message_id: str, user: str, button: str = "glyph:compare") -> str:
    answer = discord.wait_for_answer(discord.click(message_id, button, user=user))
    assert answer["ephemeral_to"] == user
    return str(answer["content"])


def test_who_sent_the_photo_sees_it_beside_the_page_and_may_show_it(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, palette="green", columns=90)
    request = compared(discord, redis, first.reply.message_id)
    assert (request.comparison, request.reply.private, request.parts) == ("shareable", True, 2)
    assert (request.shas, request.options, request.first_reaction) == (first.shas, first.options, "")
    put_buttons(playground, request, comparison_rows("shareable", "en"))
    used = discord.click(request.reply.message_id, "glyph:share")
    shown = only(discord, redis)
    answer = discord.answer_to(used)
    assert (shown.comparison, shown.reply.private, shown.shas) == ("public", False, first.shas)
    assert answer is not None and answer["ephemeral_to"] is None


def test_nobody_else_sees_the_photo(playground: PlaygroundProcess, discord: Controls, redis: Redis) -> None:
    first = a_result(playground, redis)
    assert refused(discord, first.reply.message_id, ADA_ID) == SENTENCES["not_your_photo"]
    # Not by way of a picture of her own that was made of it either.
    as_text(discord, first.reply.message_id, "Phone", user=ADA_ID)
    hers = only(discord, redis)
    assert (hers.user_id, hers.own) == (ADA_ID, False)
    put_buttons(playground, hers, result_rows(first.options, "en", comparable=True))
    assert refused(discord, hers.reply.message_id, ADA_ID) == SENTENCES["not_your_photo"]
    redis.delete(QUEUE)
    discord.react(first.reply.message_id, "💚", user=ADA_ID)
    assert not only(discord, redis).own
    redis.delete(QUEUE)
    discord.react(first.reply.message_id, "🧡", user=MIA_ID)
    assert only(discord, redis).own


def test_a_private_pictures_comparison_is_private_and_stays_so(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis, private=True)
    request = compared(discord, redis, first.reply.message_id)
    assert (request.comparison, request.reply.private) == ("private", True)
    put_buttons(playground, request, comparison_rows("shareable", "en"))
    assert refused(discord, request.reply.message_id, MIA_ID, "glyph:share") == SENTENCES["not_yours"]
    assert queued(redis) == []


def test_a_photo_that_is_gone_is_said_at_once(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    first = a_result(playground, redis)
    redis.delete(f"glyphcord:picture:{first.shas[0]}")
    answer = discord.wait_for_answer(discord.click(first.reply.message_id, "glyph:compare"))
    assert answer["content"].startswith(SENTENCES["picture_gone"]) and answer["ephemeral_to"] == MIA_ID
    assert queued(redis) == []
