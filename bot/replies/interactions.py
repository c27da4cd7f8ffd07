"""What a person sees of an interaction: one sentence in the one message that it owns."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, TypeVar, cast

import aiohttp
import discord
from discord import app_commands

from bot.gateway.retries import counted
from bot.replies.errors import failure_from, report
from jobs.observability import logs
from jobs.observability.logs import describe_error
from jobs.text.sentences import ServiceProblem, sentence
from jobs.text.translation import language_of

log = logging.getLogger(__name__)

T = TypeVar("T")
Interaction = discord.Interaction[Any]
QUIET = discord.AllowedMentions.none()
UNDELIVERED = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""What a call to Discord raises when it could not be carried out."""


UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED = 10062, 40060
"""Discord's codes for an interaction that came too late, and for one that has been acknowledged."""

ACKNOWLEDGE_TRIES: Final = 4

MOST_WAIT_S: Final = 1.0
"""Past that it is no burst but a load, and those who were acknowledged must not wait for its end."""


class InFlight:
    """The commands and reactions being answered now, so that a stop can wait for them, then tell the rest."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    @asynccontextmanager
    async def track(self) -> AsyncIterator[None]:
        """Count the current task. Raises ServiceProblem `restarting` once the bot is stopping."""
        with self.count() as is_open:
            if not is_open:
                raise ServiceProblem("restarting")
            yield

    @contextmanager
    def count(self) -> Iterator[bool]:
        """Count the current task, also once the bot is stopping, which is then told by a False.

        For one that acknowledges an interaction before it refuses to go on: of two bots that hear a command while
        one of them stops, it is answered by the first to acknowledge it.
        """
        task = cast(asyncio.Task[Any], asyncio.current_task())
        is_open = not self._closing
        self._tasks.add(task)
        try:
            yield is_open
        finally:
            self._tasks.discard(task)

    @asynccontextmanager
    async def answering(self, interaction: Interaction) -> AsyncIterator[None]:
        """The same for an interaction that is deferred here; who used it is told if the work is cut short."""
        with self.count() as is_open:
            await defer(interaction, private=True)
            if not is_open:
                raise ServiceProblem("restarting")
            try:
                yield
            except asyncio.CancelledError:
                await edit(interaction, sentence("restarting", language(interaction)))
                raise

    async def drain(self, seconds: float) -> None:
        """Give what is under way or begins meanwhile `seconds` to end, then cancel it and as long to say so."""
        self._closing = True
        until = time.monotonic() + seconds
        late = set(self._tasks)
        while late and time.monotonic() < until:
            await asyncio.wait(late, timeout=min(0.05, seconds))  # a short time, since others may begin
            late = {task for task in late | self._tasks if not task.done()}
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=seconds)


def language(interaction: Interaction) -> str:
    """The catalogue (jobs.text.translation) of whoever used something."""
    return language_of(interaction.locale.value)


def server_language(interaction: Interaction) -> str:
    """The same for what a whole server is to read."""
    return language_of(interaction.guild_locale.value if interaction.guild_locale is not None else None)


def role_ids(user: discord.User | discord.Member | None) -> tuple[str, ...]:
    """A member's roles, with everybody's; outside of servers nobody has any.

    `Member.roles` holds only those that the client's cache has of the server: none until Discord has sent it,
    seconds after a start. The ids that came with the member discord.py keeps to itself; a test holds that it does.
    """
    return tuple(map(str, (user.guild.id, *user._roles))) if isinstance(user, discord.Member) else ()


def is_age_restricted(channel: object) -> bool:
    """Whether Discord shows a channel to adults only; a thread is as its channel."""
    ask = getattr(channel, "is_nsfw", None)
    return bool(ask is not None and ask())


def parent_of(channel: object) -> str | None:
    """The id of the channel that a thread is in; None for anything but a thread."""
    return str(channel.parent_id) if isinstance(channel, discord.Thread) else None


def can_reach(interaction: Interaction) -> bool:
    """Whether the bot can reach the place without the interaction's token: a server that has it, or its own DMs.

    Elsewhere it is only an app that somebody has installed for themselves.
    """
    return interaction.is_guild_integration() or interaction.context.dm_channel


def may_post(interaction: Interaction) -> bool:
    """Whether Discord lets the bot reply there without the interaction's token, as far as it says so beforehand."""
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    sends = may.send_messages_in_threads if in_thread else may.send_messages
    return interaction.guild_id is None or (sends and may.view_channel and may.read_message_history)


class AcknowledgeFirst:
    """In a burst of commands, those that are not acknowledged yet go before the work on those that are."""

    def __init__(self) -> None:
        self._acknowledging = 0
        self._over = asyncio.Event()
        self._over.set()

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """Around all that comes before an acknowledgement."""
        self._acknowledging += 1
        self._over.clear()
        try:
            yield
        finally:
            self._acknowledging -= 1
            if self._acknowledging == 0:
                self._over.set()

    async def wait(self) -> None:
        """Wait until none is being acknowledged, MOST_WAIT_S at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_WAIT_S):
                await self._over.wait()


async def defer(interaction: Interaction, *, private: bool = False, thinking: bool = True) -> int | None:
    """Acknowledge at once, and return the id of the message that will hold the answer, where Discord tells it.

    Without `thinking`, a click: its message stays as it is, and nothing is promised. Raises as `acknowledge` does.
    """
    # `thinking`: for a button too, a message of its own.
    callback = await acknowledge(
        interaction, lambda: interaction.response.defer(ephemeral=private, thinking=thinking)
    )
    return callback.message_id if callback else None


async def acknowledge(interaction: Interaction, respond: Callable[[], Awaitable[T]]) -> T | None:
    """What the first response to an interaction returns; None where Discord took it and its answer was lost.

    A connection that breaks on the way, or a proxy that answers, leaves open whether Discord has heard: asking
    again settles that. Raises discord.HTTPException when the interaction cannot be acknowledged,
    aiohttp.ClientError or OSError when Discord cannot be reached.
    """
    with counted() as sent:
        for attempt in range(ACKNOWLEDGE_TRIES):
            try:
                return await respond()
            except discord.HTTPException as refusal:
                # At the first request it is another process's.
                if len(sent) <= 1 or refusal.code != ALREADY_ACKNOWLEDGED:
                    raise
                return None
            except (aiohttp.ClientError, OSError) as error:
                if attempt + 1 == ACKNOWLEDGE_TRIES:
                    raise
                log.warning("acknowledging again interaction=%d detail=%s", interaction.id, describe_error(error))
                await asyncio.sleep(0.1 * attempt)
    return None


async def edit(interaction: Interaction, words: str) -> None:
    """Make `words` the deferred response; if Discord does not take it, that is logged and no more."""
    try:
        await interaction.edit_original_response(content=words, allowed_mentions=QUIET)
    except UNDELIVERED as error:
        log.warning("not told interaction=%d detail=%s", interaction.id, describe_error(error))


async def explain(interaction: Interaction, cause: BaseException) -> None:
    """Where every interaction's error becomes an answer: a sentence for its user, a line for operators."""
    if isinstance(cause, discord.HTTPException) and cause.code in (UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED):
        # Too late, or another process of ours has answered: nothing can or need be said.
        level = logging.INFO if cause.code == ALREADY_ACKNOWLEDGED else logging.WARNING
        log.log(level, "interaction lost interaction=%d code=%d", interaction.id, cause.code)
        return
    failure = failure_from(cause, language(interaction))
    report(failure, cause, f"interaction={interaction.id} user={interaction.user.id}")
    if interaction.type is discord.InteractionType.autocomplete:
        return  # there is no place for a sentence: the person goes on typing, without suggestions
    if not interaction.response.is_done():
        try:
            await interaction.response.send_message(failure.sentence, ephemeral=True, allowed_mentions=QUIET)
            return
        except UNDELIVERED as error:
            log.info("not sent interaction=%d detail=%s", interaction.id, describe_error(error))
        if interaction.type is discord.InteractionType.component:
            return  # if anything stands there, it is the sentence, or another process's answer
    if interaction.response.type is discord.InteractionResponseType.deferred_message_update:
        # Then the original response is the message under which the button stands: somebody's picture.
        await _beside(interaction, failure.sentence)
    else:
        await edit(interaction, failure.sentence)


async def _beside(interaction: Interaction, words: str) -> None:
    """Say it to who clicked, on a message of its own."""
    try:
        await interaction.followup.send(words, ephemeral=True, allowed_mentions=QUIET)
    except UNDELIVERED as error:
        log.warning("not told interaction=%d detail=%s", interaction.id, describe_error(error))


class Tree(app_commands.CommandTree[discord.Client]):
    """The command tree, whose errors become answers."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Called before each command: whatever is logged from here on is about this interaction."""
        logs.bind(str(interaction.id))
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        await explain(interaction, error.original if isinstance(error, app_commands.CommandInvokeError) else error)
