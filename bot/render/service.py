"""The way of every picture from a request to the queue, whatever it came by: a command, a menu, a button.

The interaction's deferred response is the message that the worker will fill.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final, Literal

import discord

from bot.observability.moderation_log import ModerationLog
from bot.render.admission import Admission, Asker, asker_of
from bot.render.attachments import Attachment, Find
from bot.render.begun import DEADLINE_S, Begun, begin, late_options, may_react
from bot.render.download import AttachmentDownloader, check_declared
from bot.render.intake import Intake, Source
from bot.render.options import OptionOverrides
from bot.replies.interactions import (
    ALREADY_ACKNOWLEDGED,
    QUIET,
    UNDELIVERED,
    AcknowledgeFirst,
    InFlight,
    Interaction,
    defer,
    language,
    server_language,
)
from bot.replies.notices import say
from bot.replies.pending import REDIS_LOST, PendingReplies
from bot.services import Services
from jobs import clock
from jobs.pictures import Hold
from jobs.schema import Comparison, RenderRequest, Variant
from jobs.server_settings import GuildSettings
from jobs.text.choices import AUTO, RenderOptions, focus_name
from jobs.text.sentences import ServiceProblem, sentence

log = logging.getLogger(__name__)

ADMIT_S: Final = 0.8
"""Out of the three seconds that Discord gives for an acknowledgement."""

Origin = Literal["command", "menu", "button"]


class RenderService:
    """Takes requests for pictures, over the given services."""

    def __init__(
        self,
        services: Services,
        admission: Admission,
        downloader: AttachmentDownloader,
        in_flight: InFlight,
        pending: PendingReplies,
        *,
        moderation_log: ModerationLog,
        first_reaction: str = "",
    ) -> None:
        """`first_reaction` is the emoji to react with first, so that others only have to click it."""
        self._services = services
        self._admission = admission
        self._intake = Intake(services, downloader)
        self._in_flight = in_flight
        self._pending = pending
        self._moderation_log = moderation_log
        self._first_reaction = first_reaction
        self._acknowledge_first = AcknowledgeFirst()

    async def submit(
        self,
        interaction: Interaction,
        picture: Attachment | Sequence[Source] | Find,
        overrides: OptionOverrides,
        origin: Origin,
        *,
        private: bool | None = None,
        defaults: RenderOptions | None = None,
        spoiler: bool = False,
        own: bool = True,
        comparison: Comparison | None = None,
        variants: tuple[Variant, ...] = (),
    ) -> None:
        """Acknowledge, fetch, enqueue. Raises, before it acknowledges, what makes the drawing impossible.

        Several pictures, MOST_PICTURES at most, become one job, and one message; so do variants of one, which
        count as so many.

        Without `defaults` and `private` the server's settings hold. `spoiler` (the server's settings and the
        picture may ask for it, too), `own` and `comparison` are as in RenderRequest.
        """
        dated = await self._may_date()
        received_at = clock.now()
        overrides = overrides.check()
        if isinstance(picture, Attachment):
            check_declared(picture.size)
        count = len(variants) or (len(picture) if isinstance(picture, Sequence) else 1)
        plain = comparison is None and not variants
        asker = asker_of(interaction, received_at + DEADLINE_S, count)
        with self._in_flight.count() as is_open:
            with self._acknowledge_first.acknowledging():
                begun = await self._acknowledge(
                    interaction, overrides, asker, received_at, private=private, defaults=defaults
                )
            pending, options, message_id = begun.pending, begun.options, begun.message_id
            where = f"interaction={interaction.id} user={interaction.user.id}"
            async with self._pending.track(pending, where) as tracked:
                tracked.shared = message_id is None
                if message_id is None:
                    message_id = (await interaction.original_response()).id
                reply = pending.reply.model_copy(update={"message_id": str(message_id)})
                tracked.pending = pending.model_copy(update={"reply": reply})
                if not is_open:
                    raise ServiceProblem("restarting")
                await self._acknowledge_first.wait()
                if not dated:
                    raise ServiceProblem("queue_down", "began before Redis could be asked for the time")
                await self._pending.write_down(tracked)
                settings = begun.settings
                if settings is None:
                    settings = await asyncio.to_thread(self._admit, asker, overrides)
                    options = late_options(settings, overrides, private=private, defaults=defaults)
                if options.style is not None and overrides.style is None and defaults is None:
                    options = await self._known_style(options, options.style)
                if callable(picture):
                    picture = await picture()
                sources = [picture] if isinstance(picture, Attachment) else picture
                hold = Hold(pending.job_id, asker.user_id, asker.guild_id, pending.deadline_at)
                pictures, about = await self._intake.take(sources, reply.language, hold)
                if variants:
                    pictures = tuple(pictures[0].model_copy(update={"variant": one}) for one in variants)
                reacts = plain and may_react(interaction, options, private=begun.private)
                request = RenderRequest(
                    job_id=pending.job_id,
                    origin=origin,
                    pictures=pictures,
                    options=options,
                    user_id=str(interaction.user.id),
                    guild_id=str(interaction.guild_id) if interaction.guild_id else None,
                    reply=reply,
                    spoiler=spoiler or settings.spoiler or all(one.spoiler for one in pictures if one.sha),
                    own=own,
                    comparison=comparison,
                    first_reaction=self._first_reaction if reacts else "",
                    upload_limit=interaction.filesize_limit,
                    created_at=received_at,
                    deadline_at=pending.deadline_at,
                )
                awake = await asyncio.to_thread(self._services.fleet.serving)
                if not awake and not tracked.shared:
                    # Before the job is on the queue, so that this can never overwrite a worker's result. And
                    # not where a second bot may have acknowledged, whose job may be drawn by now.
                    await self._say_queued(interaction)
                request = await self._pending.send(tracked, request)
                readers = server_language(interaction)
                self._moderation_log.post_request(settings, request, readers, private=begun.private)
                log.info(
                    "queued interaction=%d user=%s guild=%s origin=%s %s palette=%s format=%s columns=%s paper=%s "
                    "focus=%s private=%s workers=%d ms=%.0f",
                    interaction.id,
                    request.user_id,
                    request.guild_id,
                    origin,
                    about,
                    options.palette,
                    options.format,
                    options.columns or AUTO,
                    options.background,
                    focus_name(options.focus),
                    begun.private,
                    len(awake),
                    1000 * (clock.now() - received_at),
                )

    async def _may_date(self) -> bool:
        """Whether we know the time that workers and other bots go by; not, where Redis is lost from the start."""
        with suppress(*REDIS_LOST):
            if not clock.is_known():
                await asyncio.to_thread(clock.follow, self._services.redis)
        return clock.is_known()

    def _admit(self, asker: Asker, overrides: OptionOverrides) -> GuildSettings:
        """All that can be refused before a byte is fetched, and so before anybody else sees that it was asked for.

        In a thread. Raises as Admission.check does, and ServiceProblem `unknown_style` or `no_style`.
        """
        if overrides.style not in (None, AUTO):
            self._services.weights.known(overrides.style)
        return self._admission.check(asker)

    async def _known_style(self, options: RenderOptions, style: str) -> RenderOptions:
        """The options; a server's default style that is no more gives way to the bot's."""
        try:
            await asyncio.to_thread(self._services.weights.known, style)
        except ServiceProblem as problem:
            log.info("style gone style=%s code=%s", style, problem.code)
            return replace(options, style=None)
        return options

    async def _say_queued(self, interaction: Interaction) -> None:
        words = sentence("queued_no_worker", language(interaction))
        with suppress(discord.HTTPException):
            await say(
                self._services.jobs,
                str(interaction.id),
                lambda: interaction.edit_original_response(content=words, allowed_mentions=QUIET),
            )

    async def _acknowledge(
        self,
        interaction: Interaction,
        overrides: OptionOverrides,
        asker: Asker,
        received_at: float,
        *,
        private: bool | None,
        defaults: RenderOptions | None,
    ) -> Begun:
        """All that is done inside the three seconds. Raises ServiceProblem, or what `defer` does."""

        start = partial(begin, interaction, overrides, received_at, private=private, defaults=defaults)
        found: list[Begun] = []  # a list, since what is known by then counts even if the thread is not done

        def admit() -> None:
            found.append(start(self._admit(asker, overrides)))
            self._pending.announce(found[0].pending)

        # Handed to a thread once, since that costs more than asking, and in a burst each waits for all others.
        beginning = asyncio.create_task(asyncio.to_thread(admit))
        done, _ = await asyncio.wait({beginning}, timeout=ADMIT_S)
        if done:
            with suppress(*REDIS_LOST):
                beginning.result()
        else:
            beginning.add_done_callback(lambda task: task.exception())  # asked again, and answered, later
        begun = found[0] if found else start(None)
        try:
            message_id = await defer(interaction, private=begun.private)
        except UNDELIVERED as error:
            if getattr(error, "code", 0) != ALREADY_ACKNOWLEDGED:  # else the job is another process's
                with suppress(*REDIS_LOST):
                    await asyncio.to_thread(self._services.jobs.refund, asker.job_id)
            raise
        return replace(begun, message_id=message_id)
