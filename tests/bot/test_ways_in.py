"""Other ways to a picture than attaching it: a message's menu, a list to pick from, what was posted last."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from redis import Redis

from bot.commands import picture_lists
from bot.render.attachments import Attachment, FoundPicture, emoji_picture
from bot.render.latest_picture import latest_picture
from bot.render.markdown import Emoji
from jobs.text.sentences import SENTENCES, ServiceProblem
from playground.testing import ADA_ID, BOT_ID, MIA_ID, Controls, Refused
from tests.bot.processes import BotProcess, a_png, only, queued, stored
from tests.fork_server import forked_playground

MENU = "Make ASCII"
WITH_BOT, WITH_SAM = "160000000000000003", "160000000000000009"
"""Mia's conversations: with the bot, and with Sam, where the bot is no member."""
QUIET_CHANNEL, STAFF_CHANNEL = "150000000000000003", "150000000000000004"


def test_the_menu_draws_a_messages_attachment(discord: Controls, redis: Redis) -> None:
    message = discord.message("look", files={"file": a_png()}, user=ADA_ID)
    used = discord.slash(MENU, target=message)
    request = only(discord, redis)
    answer = discord.answer_to(used)
    assert answer is not None and answer["id"] == request.reply.message_id
    assert (request.origin, request.user_id, stored(redis, request)) == ("menu", MIA_ID, a_png()[1])


def test_the_menu_draws_what_an_embed_shows(discord: Controls, redis: Redis) -> None:
    embed = {"type": "image", "title": "a cat", "thumbnail": {"url": "attachment://cat.png"}}
    message = discord.message("https://example.org/cat", files={"file": a_png()}, embeds=[embed])
    discord.slash(MENU, target=message)
    assert stored(redis, only(discord, redis)) == a_png()[1]


def test_the_menu_draws_what_was_forwarded(discord: Controls, redis: Redis) -> None:
    original = discord.message("look", files={"file": a_png()})
    forwarded = discord.message(forward=original, user=ADA_ID)
    discord.slash(MENU, target=forwarded)
    assert stored(redis, only(discord, redis)) == a_png()[1]


def test_the_menu_draws_a_sticker(discord: Controls, redis: Redis) -> None:
    message = discord.message(files={"sticker": a_png(320, 320)})
    discord.slash(MENU, target=message)
    assert stored(redis, only(discord, redis)) == a_png(320, 320)[1]


def test_the_menu_on_a_message_without_a_picture_explains(discord: Controls, redis: Redis) -> None:
    message = discord.message("words", files={"file": ("a.txt", b"text", "text/plain")})
    answer = discord.wait_for_answer(discord.slash(MENU, target=message))
    assert answer["content"] == SENTENCES["no_picture_there"]
    assert answer["ephemeral_to"] == MIA_ID
    assert queued(redis) == []


def test_a_hidden_picture_is_drawn_hidden(discord: Controls, redis: Redis) -> None:
    message = discord.message(files={"file": ("SPOILER_end.png", a_png()[1], "image/png")})
    discord.slash(MENU, target=message)
    assert only(discord, redis).spoiler


def three_pictures(discord: Controls) -> dict[str, Any]:
    """The list that the menu answers with."""
    files = {f"file{n}": (f"cat{n}.png", a_png(64 + n, 48)[1], "image/png") for n in range(3)}
    message = discord.message("three", files=files)
    return discord.wait_for_answer(discord.slash(MENU, target=message))


def menu_of(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = message["components"][0]["components"][0]
    return found


def test_several_pictures_are_offered_and_the_one_picked_is_drawn(discord: Controls, redis: Redis) -> None:
    listed = three_pictures(discord)
    assert listed["ephemeral_to"] == MIA_ID and queued(redis) == []
    menu = menu_of(listed)
    assert [option["label"] for option in menu["options"]] == [
        "All of them",
        "1. Picture · 64×48 · PNG",
        "2. Picture · 65×48 · PNG",
        "3. Picture · 66×48 · PNG",
    ]
    used = discord.click(listed["id"], menu["custom_id"], values=["1"])
    request = only(discord, redis)
    assert stored(redis, request) == a_png(65, 48)[1]
    answer = discord.answer_to(used)
    assert answer is not None and answer["ephemeral_to"] is None and answer["id"] == request.reply.message_id


def test_all_of_them_are_one_job_and_one_message(discord: Controls, redis: Redis) -> None:
    listed = three_pictures(discord)
    used = discord.click(listed["id"], menu_of(listed)["custom_id"], values=["all"])
    request = only(discord, redis)
    data = [redis.get(f"glyphcord:picture:{sha}") for sha in request.shas]
    assert data == [a_png(64 + n, 48)[1] for n in range(3)]
    answer = discord.answer_to(used)
    assert answer is not None and answer["id"] == request.reply.message_id
    assert redis.zcard(f"glyphcord:quota:flying:{MIA_ID}") == 3


def test_of_all_those_that_cannot_be_had_are_named_and_hidden_ones_stay_hidden(
    discord: Controls, redis: Redis
) -> None:
    files = {
        "a": ("SPOILER_cat.png", a_png()[1], "image/png"),
        "b": ("core.bin", b"not a picture", "application/octet-stream"),
        "c": a_png(70, 50),
    }
    listed = discord.wait_for_answer(discord.slash(MENU, target=discord.message(files=files)))
    discord.click(listed["id"], menu_of(listed)["custom_id"], values=["all"])
    request = only(discord, redis)
    assert [picture.spoiler for picture in request.pictures] == [True, False, False]
    assert [picture.failure for picture in request.pictures] == ["", SENTENCES["not_a_picture"], ""]
    assert not request.spoiler


def test_a_list_works_after_a_restart_and_says_when_it_is_gone(
    redis_url: str, redis: Redis, tmp_path: Path
) -> None:
    with forked_playground() as own:
        with BotProcess(own, redis_url, tmp_path):
            listed = three_pictures(own.controls)
        with BotProcess(own, redis_url, tmp_path) as bot:
            assert "commands unchanged" in bot.log
            custom_id = menu_of(listed)["custom_id"]
            own.controls.click(listed["id"], custom_id, values=["0"])
            assert stored(redis, only(own.controls, redis)) == a_png(64, 48)[1]
            redis.delete(*redis.keys("glyphcord:list:*"))
            used = own.controls.click(listed["id"], custom_id, values=["2"])
            assert own.controls.wait_for_answer(used)["content"] == SENTENCES["list_gone"]
            assert "Traceback" not in bot.log


def test_without_a_picture_the_last_one_that_the_bot_may_see_is_drawn(discord: Controls, redis: Redis) -> None:
    discord.message(files={"file": a_png(70, 50)}, channel=WITH_BOT)
    discord.message(files={"a": a_png(80, 50), "b": a_png(90, 50)}, channel=WITH_BOT)
    discord.message("thanks", channel=WITH_BOT)
    discord.slash("ascii", channel=WITH_BOT)
    assert stored(redis, only(discord, redis)) == a_png(90, 50)[1]


def test_in_a_server_a_picture_sent_to_the_bot_by_name_is_found(discord: Controls, redis: Redis) -> None:
    discord.message(f"<@{BOT_ID}> this one", files={"file": a_png(70, 50)}, user=ADA_ID)
    discord.slash("ascii")
    assert stored(redis, only(discord, redis)) == a_png(70, 50)[1]


@pytest.mark.parametrize("channel", ["150000000000000002", STAFF_CHANNEL, WITH_SAM])
def test_where_the_bot_may_not_look_it_says_what_to_do(discord: Controls, redis: Redis, channel: str) -> None:
    discord.message(files={"file": a_png()}, channel=channel)
    answer = discord.wait_for_answer(discord.slash("ascii", channel=channel))
    assert answer["content"] == SENTENCES["cannot_look"]
    assert queued(redis) == []


@pytest.mark.parametrize("missing", ["view_channel", "read_message_history"])
async def test_who_may_not_read_what_was_posted_is_not_shown_it(missing: str) -> None:
    """The playground's members may read whatever the bot may, so this asks the function alone."""
    client = discord.Client(intents=discord.Intents.none())  # never connected: it must not come to a request
    asked: Any = SimpleNamespace(
        client=client,
        guild_id=1,
        app_permissions=discord.Permissions.all(),
        permissions=discord.Permissions(
            discord.Permissions.all().value & ~getattr(discord.Permissions, missing).flag
        ),
        is_guild_integration=lambda: True,
    )
    with pytest.raises(ServiceProblem) as problem:
        await latest_picture(asked)
    assert problem.value.code == "cannot_look"


def test_where_there_is_none_it_says_so(redis_url: str, tmp_path: Path) -> None:
    with forked_playground() as own, BotProcess(own, redis_url, tmp_path):
        answer = own.controls.wait_for_answer(own.controls.slash("ascii", channel=WITH_BOT))
        assert answer["content"] == SENTENCES["no_picture_here"].format(count=50)


def test_among_others_the_app_ends_before_its_token_does(discord: Controls, redis: Redis) -> None:
    discord.slash("ascii", files={"image": a_png()}, channel=WITH_SAM)
    request = only(discord, redis)
    assert request.reply.private and request.guild_id is None
    assert request.deadline_at < request.reply.token_expires_at


def test_in_its_own_conversation_the_bot_is_at_home(discord: Controls, redis: Redis) -> None:
    discord.slash("ascii", files={"image": a_png()}, channel=WITH_BOT)
    request = only(discord, redis)
    assert not request.reply.private and request.deadline_at > request.reply.token_expires_at


def test_model_orders_are_for_servers_alone(discord: Controls) -> None:
    with pytest.raises(Refused):
        discord.slash("model reload", user=MIA_ID, channel=WITH_BOT)


def test_people_pick_from_only_their_own_list(redis: Redis) -> None:
    found = [FoundPicture(Attachment(f"https://cdn.discordapp.com/{n}", n, n == 1), "picture") for n in range(3)]
    picture_lists.keep(redis, MIA_ID, "7", found)
    kept = picture_lists.find(redis, MIA_ID, "7")
    assert kept is not None and [one.attachment() for one in kept.pictures] == [one.attachment for one in found]
    assert picture_lists.find(redis, ADA_ID, "7") is None and picture_lists.find(redis, MIA_ID, "8") is None
    for number in range(100, 100 + picture_lists.MOST):
        picture_lists.keep(redis, MIA_ID, str(number), found)
    assert picture_lists.find(redis, MIA_ID, "7") is None, "the latest are kept"
    picture_lists.forget(redis, MIA_ID)
    assert picture_lists.find(redis, MIA_ID, "101") is None


def test_what_strangers_have_named_stands_in_no_list() -> None:
    assert emoji_picture(Emoji(1, "blob_cat", False)).details == (":blob_cat:",)
    assert emoji_picture(Emoji(1, "\u0645\u0631", False)).details == ()
