"""The real discord.py client in threads and forums, with webhooks, pins, polls and invites."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest_asyncio

from playground.server import Playground
from playground.state.permissions import MANAGE_CHANNELS, MANAGE_THREADS, MANAGE_WEBHOOKS, PIN_MESSAGES
from playground.state.seed import ASCII_CHANNEL, GENERAL_CHANNEL, MIA_ID, NEWS_CHANNEL, SHOWCASE_FORUM, TOKEN
from tests.playground.bot import Bot, picture, running
from tests.playground.raw import control, empower, eventually


class Listening(Bot):
    """Notes what it hears of threads, polls, invites, pins and webhooks."""

    def __init__(self) -> None:
        super().__init__()
        self._connection._intents.value |= 1 << 5 | 1 << 6 | 1 << 24

    def dispatch(self, event: str, /, *args: object, **kwargs: object) -> None:
        self.seen.append((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)


@pytest_asyncio.fixture
async def bot(playground: Playground, pointed: None) -> AsyncIterator[Listening]:
    empower(MANAGE_THREADS | MANAGE_WEBHOOKS | MANAGE_CHANNELS | PIN_MESSAGES)
    async with running(Listening(), TOKEN) as logged_in:
        assert isinstance(logged_in, Listening)
        yield logged_in


def text_channel(bot: Bot, channel_id: str = ASCII_CHANNEL) -> discord.TextChannel:
    found = bot.get_channel(int(channel_id))
    assert isinstance(found, discord.TextChannel)
    return found


async def test_threads_from_start_to_end(playground: Playground, bot: Listening) -> None:
    channel = text_channel(bot)
    message = await channel.send("look")
    thread = await message.create_thread(name="about it", auto_archive_duration=60)
    await eventually(lambda: bot.events("thread_create"))
    assert thread.me is not None and channel.get_thread(thread.id) is not None
    assert message.thread is not None and message.thread.id == message.id
    written = await thread.send("in here", file=picture("a.png"))
    assert [m.id async for m in thread.history(limit=1)] == [written.id]
    playground.world.portal.intents["members"] = True
    await thread.add_user(discord.Object(int(MIA_ID)))
    assert {member.id for member in await thread.fetch_members()} == {int(MIA_ID), bot.application_id}
    await thread.edit(name="about that", archived=True, locked=True)
    await eventually(lambda: bot.events("thread_update"))
    assert [found.id async for found in channel.archived_threads()] == [thread.id]
    await thread.edit(archived=False)
    await thread.leave()
    await thread.join()
    hidden = await channel.create_thread(name="hidden", invitable=False)
    assert hidden.is_private()
    assert {found.id for found in await channel.guild.active_threads()} == {thread.id, hidden.id}
    await thread.delete()
    await eventually(lambda: bot.events("thread_delete"))
    assert channel.get_thread(thread.id) is None


async def test_a_forum(bot: Listening) -> None:
    forum = bot.get_channel(int(SHOWCASE_FORUM))
    assert isinstance(forum, discord.ForumChannel)
    (tag, *_) = forum.available_tags
    made = await forum.create_thread(name="my cat", content="look", applied_tags=[tag], file=picture("c.png"))
    assert made.message.id == made.thread.id and made.message.attachments
    await eventually(lambda: forum.get_thread(made.thread.id))
    assert made.thread.applied_tags == [tag]
    await made.thread.edit(pinned=True)
    fetched = await bot.fetch_channel(made.thread.id)
    assert isinstance(fetched, discord.Thread) and fetched.flags.pinned


async def test_webhooks(bot: Listening) -> None:
    channel = text_channel(bot)
    hook = await channel.create_webhook(name="Herald", reason="news")
    await eventually(lambda: bot.events("webhooks_update"))
    thread = await channel.create_thread(name="here", type=discord.ChannelType.public_thread)
    sent = await hook.send("hear", username="Crier", file=picture("a.png"), thread=thread, wait=True)
    assert (sent.author.name, sent.webhook_id, sent.channel.id) == ("Crier", hook.id, thread.id)
    await hook.edit_message(sent.id, content="hear hear", thread=thread)
    assert (await hook.fetch_message(sent.id, thread=thread)).content == "hear hear"
    await hook.delete_message(sent.id, thread=thread)
    assert [found.id for found in await channel.webhooks()] == [hook.id]
    async with aiohttp.ClientSession() as session:
        stranger = await discord.Webhook.from_url(hook.url, session=session).fetch()
        assert stranger.name == "Herald"
    await (await hook.edit(name="Bell")).delete()
    news = text_channel(bot, NEWS_CHANNEL)
    await news.follow(destination=text_channel(bot, GENERAL_CHANNEL))
    await (await news.send("it is out")).publish()
    (copy,) = [m async for m in text_channel(bot, GENERAL_CHANNEL).history(limit=1)]
    assert copy.flags.is_crossposted


async def test_pins_polls_and_invites(playground: Playground, bot: Listening) -> None:
    channel = text_channel(bot)
    message = await channel.send("keep this")
    await message.pin()
    await eventually(lambda: bot.events("guild_channel_pins_update"))
    assert [pinned.id async for pinned in channel.pins()] == [message.id]
    await message.unpin()
    poll = discord.Poll("Which?", duration=datetime.timedelta(hours=1))
    poll.add_answer(text="Cats", emoji="🐈").add_answer(text="Dogs")
    asked = await channel.send(poll=poll)
    body = {"message_id": str(asked.id), "user_id": MIA_ID, "answer_ids": [1]}
    await control(playground, "POST", "/vote", body)
    await eventually(lambda: bot.events("raw_poll_vote_add"))
    assert asked.poll is not None
    assert [voter.id async for voter in asked.poll.answers[0].voters()] == [int(MIA_ID)]
    ended = await asked.poll.end()
    assert ended.is_finalised()

    def victor() -> str | None:  # as the message at the end says
        kept = next(message for message in bot.cached_messages if message.id == asked.id)
        assert kept.poll is not None
        return kept.poll.victor_answer.text if kept.poll.victor_answer is not None else None

    assert await eventually(victor) == "Cats"
    invite = await channel.create_invite(max_age=60)
    await eventually(lambda: bot.events("invite_create"))
    assert (await bot.fetch_invite(invite.code)).channel is not None
    assert [found.code for found in await channel.invites()] == [invite.code]
    await invite.delete()
    await eventually(lambda: bot.events("invite_delete"))
