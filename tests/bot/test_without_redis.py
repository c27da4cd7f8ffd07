"""Redis is gone, and somebody's time is over: the bot still knows who waits, and tells them."""

import asyncio
import time
from typing import Any

import discord
import pytest
from discord.http import Route

from bot.replies.interactions import InFlight
from bot.replies.pending import PendingReplies, SendState, Tracked
from bot.replies.reaper import Reaper
from bot.services import Services
from bot.settings import BotSettings
from jobs.lifecycle.job import TAKE_OVER_S, PendingReply
from jobs.schema import Click, Reply
from jobs.text.sentences import SENTENCES
from playground.testing import ASCII_CHANNEL, BOT_ID, PlaygroundProcess
from tests.sentences import plain


async def nobody(click: Click) -> None:
    raise AssertionError(f"no click was made, and yet {click}")


async def test_who_waits_past_the_deadline_is_told_and_who_may_still_be_drawn_is_not(
    monkeypatch: pytest.MonkeyPatch, playground: PlaygroundProcess
) -> None:
    monkeypatch.setattr(Route, "BASE", f"{playground.url}/api/v10")
    settings = BotSettings(discord_token=playground.token, redis_url="redis://127.0.0.1:1/0")  # type: ignore[arg-type]
    now = time.time()
    ages = {"over": now - TAKE_OVER_S - 5, "nearly": now - TAKE_OVER_S + 60, "working": now - TAKE_OVER_S - 5}
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(playground.token)
        channel = client.get_partial_messageable(int(ASCII_CHANNEL))
        services, in_flight = Services.open(settings), InFlight()
        pending = PendingReplies(client, services)
        messages: dict[str, Any] = {}
        for name, deadline_at in ages.items():
            messages[name] = await channel.send(SENTENCES["queued_no_worker"])
            reply = Reply(application_id=BOT_ID, channel_id=ASCII_CHANNEL, message_id=str(messages[name].id))
            pending_reply = PendingReply(job_id=name, reply=reply, since=now, deadline_at=deadline_at)
            pending.mine[name] = Tracked(
                pending_reply, SendState.PREPARING if name == "working" else SendState.UNSENT
            )
        reaping = asyncio.create_task(Reaper(services, pending, in_flight, nobody).run())
        while "over" in pending.mine:  # noqa: ASYNC110  the reaper is what is tested, so it is given no event
            await asyncio.sleep(0.1)
        reaping.cancel()  # as a stop does
        await in_flight.drain(5)
        contents = {name: plain((await message.fetch()).content) for name, message in messages.items()}
    assert contents == {
        "over": SENTENCES["expired"],
        "nearly": SENTENCES["queued_no_worker"],
        "working": SENTENCES["queued_no_worker"],
    }
    assert set(pending.mine) == {"nearly", "working"}
