"""A message of ours from outside its interaction: see what stands on it, and put a sentence there.

As workers do, by the interaction's token while that lasts, then with the bot's own right to edit its messages;
a private message can be reached by its token only.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Final

import discord

from bot.replies.interactions import QUIET
from jobs.lifecycle.promises import UNTOLD
from jobs.schema import Reply
from jobs.text.sentences import is_interim

log = logging.getLogger(__name__)

UNKNOWN_MESSAGE = 10008

ORIGINAL: Final[Any] = "@original"
"""What Discord calls the response of a token's interaction; discord.py's annotation knows numbers only."""

Message = discord.Message | discord.WebhookMessage


class Seen(Enum):
    """What stands on a message."""

    WAITING = "waiting"
    PICTURE = "picture"
    SENTENCE = "sentence"
    GONE = "gone"
    OUT_OF_REACH = "out_of_reach"


async def look(client: discord.Client, reply: Reply) -> Seen:
    """What stands on the message now. Raises bot.replies.interactions.UNDELIVERED when Discord does not tell."""

    async def by_token(hook: discord.Webhook) -> Message:
        return await hook.fetch_message(ORIGINAL)

    async def as_bot(message: discord.PartialMessage) -> Message:
        return await message.fetch()

    return await _by_either(client, reply, by_token, as_bot)


async def put_sentence(client: discord.Client, reply: Reply, sentence: str) -> Seen:
    """Make the sentence all that stands on the message. Raises bot.replies.interactions.UNDELIVERED."""

    async def by_token(hook: discord.Webhook) -> Message:
        return await hook.edit_message(
            ORIGINAL, content=sentence, attachments=[], view=None, allowed_mentions=QUIET
        )

    async def as_bot(message: discord.PartialMessage) -> Message:
        return await message.edit(content=sentence, attachments=[], view=None, allowed_mentions=QUIET)

    return await _by_either(client, reply, by_token, as_bot)


async def _by_either(
    client: discord.Client,
    reply: Reply,
    by_token: Callable[[discord.Webhook], Awaitable[Message]],
    as_bot: Callable[[discord.PartialMessage], Awaitable[Message]],
) -> Seen:
    number = int(reply.message_id)
    if reply.token is not None and time.time() < reply.token_expires_at:
        hook = discord.Webhook.partial(int(reply.application_id), reply.token, client=client)
        try:
            return seen_on(await by_token(hook))
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE:
                return Seen.GONE
            # Any other 401 or 404 is a token that has expired, or one that Discord does not know for a moment.
            if error.status not in (401, 403, 404):
                raise
            log.info("token refused message=%d status=%d code=%d", number, error.status, error.code)
    if reply.private or reply.message_id == UNTOLD:
        return Seen.OUT_OF_REACH
    message = client.get_partial_messageable(int(reply.channel_id)).get_partial_message(number)
    try:
        return seen_on(await as_bot(message))
    except discord.NotFound:
        return Seen.GONE
    except discord.Forbidden as error:
        log.warning("no permission message=%d code=%d", number, error.code)
        return Seen.OUT_OF_REACH


def seen_on(message: Message) -> Seen:
    """What stands on a message of ours. A picture can be text: a code block, which no sentence of ours holds."""
    if message.attachments or message.content.startswith(("```", "||```")):
        return Seen.PICTURE
    return Seen.WAITING if message.flags.loading or is_interim(message.content) else Seen.SENTENCE
