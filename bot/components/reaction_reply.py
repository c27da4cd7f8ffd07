"""The one reply to a reaction: that of an earlier try, one that a dead bot made, or a new one.

A deterministic nonce keeps Discord from making it twice.
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import discord

from bot.gateway.retries import is_unknown
from bot.replies.errors import failure_of, report
from bot.replies.interactions import QUIET, UNDELIVERED
from bot.replies.messages import Seen, own_messages, seen_on
from bot.replies.notices import say
from bot.services import Services
from jobs.lifecycle.reactions import Attempt
from jobs.schema import Click, Picture, RenderRequest
from jobs.server_settings import GuildSettings
from jobs.text.choices import Background, palette_name
from jobs.text.sentences import ServiceProblem, sentence, starts

log = logging.getLogger(__name__)

LOOK_S: Final = 1.5
"""For a look at a reply, within the three seconds that a button's interaction has."""

DRAWING: Final[dict[Background | None, str]] = {None: "drawing", "light": "drawing_light", "dark": "drawing_dark"}
"""The codes of what a reply says while it is drawn, by the paper that was asked for."""


class Overtaken(Exception):
    """Another process answers the reaction by now."""


@dataclass(frozen=True)
class Opening:
    """A reaction that is ours to answer: the request it repeats, which of its pictures are kept, the server's
    settings, who is awake."""

    attempt: Attempt
    original: RenderRequest
    kept: tuple[Picture, ...]
    settings: GuildSettings
    awake: bool

    @property
    def language(self) -> str:
        """Discord does not say which language who reacts has; so it is that of who asked first."""
        return self.original.reply.language


@dataclass(frozen=True)
class Made:
    """A reply to fill, or one found filled: with the picture or with a reason why there is none."""

    reply_id: str
    shows: Seen = Seen.UNFILLED


def nonce_of(attempt: Attempt) -> str:
    """The reply's nonce: the same for every click and every bot, in Discord's 25 characters."""
    return hashlib.sha256(attempt.job_id.encode()).hexdigest()[:24]


async def make_reply(client: discord.Client, services: Services, click: Click, opening: Opening) -> Made:
    """The reply to fill: that of an earlier attempt, or a new one that no second click doubles.

    Raises Overtaken, and bot.replies.interactions.UNDELIVERED.
    """
    attempt = opening.attempt
    if not opening.kept:
        failure = failure_of("picture_gone", opening.language, f"no picture {opening.original.shas[0][:12]}")
        report(failure, ServiceProblem("picture_gone"), f"message={click.message_id} user={click.user_id}")
        content = failure.sentence
    elif opening.awake:
        content = _drawing(click, opening.language)
    else:
        content = sentence("queued_no_worker", opening.language)
    channel = _channel_of(client, click)
    if attempt.reply_id is not None and attempt.takes > 1:
        # Whoever began this attempt may have sent its job, whose picture may be there: nothing is said over it.
        return Made(attempt.reply_id)
    if attempt.reply_id is not None:
        earlier = channel.get_partial_message(int(attempt.reply_id))
        try:
            if opening.kept:
                await say(
                    services.jobs, attempt.job_id, lambda: earlier.edit(content=content, allowed_mentions=QUIET)
                )
            else:
                await earlier.edit(content=content, allowed_mentions=QUIET)
            return Made(attempt.reply_id)
        except discord.NotFound as error:
            if not is_unknown(error):
                raise
            log.info("reply deleted message=%s reply=%s", click.message_id, attempt.reply_id)
    if attempt.takes > 1 and (found := await _find_reply(client, services, channel, click, opening)) is not None:
        return Made(str(found.id), seen_on(found))
    if not await asyncio.to_thread(services.reactions.holds, attempt):
        raise Overtaken(f"attempt {attempt.job_id}")
    made = await channel.send(
        content,
        reference=discord.MessageReference(
            message_id=int(click.message_id),
            channel_id=int(click.channel_id),
            guild_id=channel.guild_id,
            fail_if_not_exists=False,
        ),
        # discord.py sends enforce_nonce with it: the same nonce again gives the same message.
        nonce=nonce_of(attempt),
        allowed_mentions=QUIET,
        mention_author=False,
    )
    return Made(str(made.id))


async def _find_reply(
    client: discord.Client, services: Services, channel: discord.PartialMessageable, click: Click, opening: Opening
) -> discord.Message | None:
    """The reply that a bot made before it died, or whose making was never confirmed.

    Discord knows a nonce for a few minutes only, and does not promise even that. Replies in other looks are told
    apart by their words while they are drawn, then by their requests; answers to buttons by where they come from.
    """
    # Our clock and Discord's may differ by a minute; a reply is never older than the message it replies to.
    clicked = discord.utils.time_snowflake(datetime.fromtimestamp(click.at - 60, UTC))
    target = int(click.message_id)
    begins = tuple(start for code in DRAWING.values() for start in starts(code, opening.language))
    async for message in own_messages(client, channel, after=max(target, clicked)):
        replies_to = message.reference.message_id if message.reference else None
        if replies_to != target or message.interaction_metadata is not None:
            continue
        if message.content.startswith(begins):
            if message.content == _drawing(click, opening.language):
                return message
            continue
        request = await asyncio.to_thread(services.messages.request_of, str(message.id))
        if request is None or request.job_id == opening.attempt.job_id:
            return message
    return None


def _channel_of(client: discord.Client, click: Click) -> discord.PartialMessageable:
    guild_id = int(click.guild_id) if click.guild_id else None
    return client.get_partial_messageable(int(click.channel_id), guild_id=guild_id)


def _drawing(click: Click, language: str) -> str:
    return sentence(DRAWING[click.background], language, palette=palette_name(click.palette, language))


async def find_deleted(client: discord.Client, services: Services, click: Click) -> str | None:
    """The reply that has shown the picture a click asks for, if Discord says that it was deleted since."""
    there = await asyncio.to_thread(services.reactions.answered_with, click.message_id, click.look)
    if there is None:
        return None
    try:
        async with asyncio.timeout(LOOK_S):
            await _channel_of(client, click).get_partial_message(int(there)).fetch()
    except UNDELIVERED as error:
        return there if isinstance(error, discord.NotFound) and is_unknown(error) else None
    return None
