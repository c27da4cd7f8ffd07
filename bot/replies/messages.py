"""A message of ours from outside its interaction: see what stands on it, and put a sentence there.

It is reached as workers reach it, by the routes of jobs.routes.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Any, Final

import discord

from bot.gateway.retries import code_of, is_trouble, is_unknown
from bot.replies.interactions import QUIET
from jobs import clock
from jobs.lifecycle.job import NO_ID, PendingReply
from jobs.routes import Route, Verdict, interpret, routes
from jobs.schema import Reply
from jobs.text.sentences import is_interim

log = logging.getLogger(__name__)

HISTORY: Final = 500
"""How many messages are searched for a reply that was made and not noted: five requests at most."""

ORIGINAL: Final[Any] = "@original"
"""What Discord calls the response of a token's interaction; discord.py's annotation knows numbers only."""

Message = discord.Message | discord.WebhookMessage


class Seen(Enum):
    """What stands on a message."""

    UNFILLED = "unfilled"
    """Discord's "thinking…", or an interim text of ours."""
    PICTURE = "picture"
    SENTENCE = "sentence"
    GONE = "gone"
    """So Discord says, by every way that is left; OUT_OF_REACH: it refuses each for some reason."""
    OUT_OF_REACH = "out_of_reach"


async def look(client: discord.Client, reply: Reply) -> Seen:
    """What stands on the message now. Raises bot.replies.interactions.UNDELIVERED when Discord does not tell."""
    return await _by_either(
        client, reply, lambda hook: hook.fetch_message(ORIGINAL), lambda message: message.fetch()
    )


async def put_sentence(client: discord.Client, reply: Reply, sentence: str) -> Seen:
    """Make the sentence all that stands on the message. Raises bot.replies.interactions.UNDELIVERED."""
    state: dict[str, Any] = {"content": sentence, "attachments": [], "view": None, "allowed_mentions": QUIET}
    return await _by_either(
        client, reply, lambda hook: hook.edit_message(ORIGINAL, **state), lambda message: message.edit(**state)
    )


async def edit_waiting(client: discord.Client, reply: Reply, **state: Any) -> None:
    """Edit the message if nothing but an interim text stands on it: by the interaction's token if the reply has
    one, which shares no bucket with the bot. Raises bot.replies.interactions.UNDELIVERED."""
    if reply.token is None:
        message = _message_of(client, reply)
        if seen_on(await message.fetch()) is Seen.UNFILLED:
            await message.edit(**state)
    else:
        hook = _hook_of(client, reply)
        if seen_on(await hook.fetch_message(ORIGINAL)) is Seen.UNFILLED:
            await hook.edit_message(ORIGINAL, **state)


async def say_privately(client: discord.Client, reply: Reply, sentence: str) -> Seen:
    """Take the message away, and say the sentence to who asked alone: SENTENCE once they can read it.

    The first follow-up to a deferred response that still stands would fill it, for all to see; once it is deleted,
    a follow-up may be ephemeral. OUT_OF_REACH when the interaction's token leads nowhere (any more), GONE if so
    after the message was taken away. Raises bot.replies.interactions.UNDELIVERED; saying it again then is safe, and
    at worst said twice to that one person.
    """
    hook = _hook_of(client, reply)
    hook.type = discord.WebhookType.application  # it is an interaction's, and only these speak to one person
    seen = Seen.OUT_OF_REACH
    try:
        try:
            await hook.delete_message(ORIGINAL)
        except discord.NotFound as error:
            if not is_unknown(error):
                raise
        seen = Seen.GONE
        await hook.send(sentence, ephemeral=True, allowed_mentions=QUIET)
    except discord.HTTPException as error:
        if interpret(Route.TOKEN, error.status, code_of(error)) is Verdict.TROUBLE:
            raise
        log.info("not said privately message=%s status=%d code=%d", reply.message_id, error.status, error.code)
        return seen
    return Seen.SENTENCE


async def find_reply(client: discord.Client, pending: PendingReply) -> Reply | None:
    """The reply with its message's id, where a bot died before it could note that; None if it cannot be found.

    Discord says on a response which interaction it answers. Raises bot.replies.interactions.UNDELIVERED.
    """
    reply = pending.reply
    if reply.message_id != NO_ID or reply.private:
        return None
    channel = client.get_partial_messageable(int(reply.channel_id))
    async for message in own_messages(client, channel, after=int(pending.job_id)):
        answered = message.interaction_metadata
        if answered is not None and str(answered.id) == pending.job_id:
            return reply.model_copy(update={"message_id": str(message.id)})
    return None


async def own_messages(
    client: discord.Client, channel: discord.PartialMessageable, *, after: int
) -> AsyncIterator[discord.Message]:
    """The bot's own messages of a channel after that id, oldest first; none where it may not read them.

    Raises bot.replies.interactions.UNDELIVERED.
    """
    try:
        async for message in channel.history(limit=HISTORY, after=discord.Object(after), oldest_first=True):
            if client.user is not None and message.author.id == client.user.id:
                yield message
    except (discord.Forbidden, discord.NotFound) as error:
        if is_trouble(error):
            raise
        log.info("history not readable channel=%d code=%d", channel.id, error.code)


async def _by_either(
    client: discord.Client,
    reply: Reply,
    by_token: Callable[[discord.Webhook], Awaitable[Message]],
    as_bot: Callable[[discord.PartialMessage], Awaitable[Message]],
) -> Seen:
    hook, message = _hook_of(client, reply), _message_of(client, reply)
    met = []
    for route in routes(reply, clock.now()):
        if route is Route.BOT and reply.message_id == NO_ID:
            break
        try:
            return seen_on(await by_token(hook) if route is Route.TOKEN else await as_bot(message))
        except discord.HTTPException as error:
            verdict = interpret(route, error.status, code_of(error))
            if verdict is Verdict.TROUBLE:
                raise
            met.append(verdict)
            level = logging.WARNING if error.status == 403 else logging.INFO
            log.log(
                level, "refused route=%s message=%d status=%d code=%d", route, message.id, error.status, error.code
            )
    return Seen.GONE if Verdict.GONE in met else Seen.OUT_OF_REACH


def _hook_of(client: discord.Client, reply: Reply) -> discord.Webhook:
    return discord.Webhook.partial(int(reply.application_id), reply.token or "", client=client)


def _message_of(client: discord.Client, reply: Reply) -> discord.PartialMessage:
    return client.get_partial_messageable(int(reply.channel_id)).get_partial_message(int(reply.message_id))


def seen_on(message: Message) -> Seen:
    """What stands on a message of ours. A picture can be text: a code block, which no sentence of ours holds.

    Of components alone are only pictures beside each other; Discord lists their files with them.
    """
    if message.attachments or message.flags.components_v2 or message.content.startswith(("```", "||```")):
        return Seen.PICTURE
    return Seen.UNFILLED if message.flags.loading or is_interim(message.content) else Seen.SENTENCE
