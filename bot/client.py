"""The Discord client, put together: its commands, buttons, events and loops."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import discord
from discord.ext import commands

from bot.commands.about import About
from bot.commands.ascii import Ascii
from bot.commands.command_mentions import CommandIds
from bot.commands.forgetting import Forgetting
from bot.commands.message_menu import PICK, MessageMenu
from bot.commands.model_admin import ACTIVATE, ModelAdmin
from bot.commands.registration import Catalogue, keep_trying, sync_if_changed
from bot.commands.server_settings import ERASE, KEEP, ServerSettings
from bot.commands.settings_after_removal import SettingsAfterRemoval
from bot.commands.user_menu import UserMenu
from bot.commands.welcome import Welcome
from bot.components.button_clicks import Results
from bot.components.cancel_button import CancelButton, cancel_view
from bot.components.comparison import Comparisons
from bot.components.component import Component, Handler
from bot.components.reactions import ReactionEvents
from bot.components.variants import Variants
from bot.gateway.http_hooks import http_trace
from bot.gateway.retries import MOST_RATE_LIMIT_S, be_patient
from bot.gateway.shards import ShardedBot, await_turn, resume_after_outages, skip_odd_events
from bot.observability.moderation_log import ModerationLog
from bot.render.admission import Admission
from bot.render.download import AttachmentDownloader
from bot.render.latest_picture import sees_content
from bot.render.service import RenderService
from bot.replies.interactions import QUIET, InFlight, Tree
from bot.replies.pending import REDIS_LOST, PendingReplies
from bot.replies.progress_notifier import ProgressNotifier
from bot.replies.reaper import Reaper
from bot.services import Services
from bot.settings import BotSettings
from jobs import clock
from jobs.text.buttons import CANCEL, COMPARE, COMPUTER, DELETE, PHONE, PINK, REDO, SHARE, TAKE, TEXT

log = logging.getLogger(__name__)

DRAIN_S: Final = 2.0
"""Seconds that a stop gives to what is under way, and again to telling those who were cut short."""


def intents() -> discord.Intents:
    """Servers (for their upload limit) and reactions; neither is privileged, and no message text is read."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    wanted.guild_reactions = True
    wanted.dm_reactions = True
    return wanted


# We never join voice, so discord.py's advice to install its libraries is noise in the log.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class GlyphcordClient(ShardedBot):
    """A client without caches: every event is answered from Redis, so a restart forgets nothing."""

    def __init__(self, settings: BotSettings) -> None:
        self.services = Services.open(settings)
        resume_after_outages()
        skip_odd_events()
        be_patient()
        super().__init__(
            commands.when_mentioned,  # there are no commands of that kind, and so no message is read
            help_command=None,
            tree_cls=Tree,
            shard_count=settings.shard_count,
            shard_ids=list(settings.shard_ids) or None,  # type: ignore[arg-type]  # as documented
            intents=intents(),
            allowed_mentions=QUIET,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=MOST_RATE_LIMIT_S,
            http_trace=http_trace(self.services.rate_limiter),
        )
        self._downloader = AttachmentDownloader(settings.discord_cdn_hosts, settings.attachment_timeout_s)
        self._in_flight = InFlight()
        self._command_ids = CommandIds()
        self._loops: list[asyncio.Task[None]] = []
        pending = PendingReplies(self, self.services)
        admission = Admission(self.services, settings.limits(), settings.queue_limit)
        moderation_log = ModerationLog(self)
        reactions = ReactionEvents(
            self,
            self.services,
            admission,
            pending,
            self._in_flight,
            moderation_log=moderation_log,
            looks=settings.reaction_palettes,
        )
        self._reaper = Reaper(self.services, pending, self._in_flight, reactions.answer)
        self._notifier = ProgressNotifier(self, self.services, pending, cancel_view)
        render_service = RenderService(
            self.services,
            admission,
            self._downloader,
            self._in_flight,
            pending,
            moderation_log=moderation_log,
            first_reaction=settings.pink_reaction,
        )
        menu = MessageMenu(self.tree, self.services, render_service)
        models = ModelAdmin(self.services, self._downloader, self._in_flight, settings)
        server_settings = ServerSettings(self.services, self._downloader, moderation_log)
        results = Results(self.services, render_service, moderation_log, reactions.answer)
        self._ascii = Ascii(render_service, self.services)
        comparisons = Comparisons(self.services, render_service)
        self._parts: list[commands.Cog] = [
            self._ascii,
            menu,
            UserMenu(self.tree, render_service),
            About(settings, self._command_ids),
            Forgetting(self.services, pending),
            Welcome(self.services, self._command_ids),
            SettingsAfterRemoval(self, self.services),
            server_settings,
            models,
            results,
            reactions,
        ]
        self.handlers: dict[str, Handler] = {
            PICK: menu.picked,
            ACTIVATE: models.activate,
            ERASE: server_settings.erase,
            KEEP: server_settings.keep,
            PINK: results.pink,
            TEXT: results.text,
            PHONE: results.phone,
            COMPUTER: results.computer,
            REDO: results.redo,
            COMPARE: comparisons.compare,
            SHARE: comparisons.share,
            TAKE: Variants(self.services).take,
            DELETE: results.delete,
            CANCEL: CancelButton(self.services, pending).handle,
        }
        self.add_dynamic_items(Component)

    async def setup_hook(self) -> None:
        """After login, before the gateway."""
        for part in self._parts:
            await self.add_cog(part)
        await self.tree.set_translator(Catalogue())
        with suppress(*REDIS_LOST):  # then the reaper's first round does it
            await asyncio.to_thread(clock.follow, self.services.redis)
        self._ascii.describe_options(unseen=not sees_content(self))
        self._loops = [asyncio.create_task(loop.run()) for loop in (self._reaper, self._notifier)]
        if not await sync_if_changed(self.tree, self._command_ids):
            self._loops.append(asyncio.create_task(keep_trying(self.tree, self._command_ids)))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Where other processes identify too, they take turns; discord.py sees to the shards of one alone."""
        if self.shard_ids is None:
            await super().before_identify_hook(shard_id, initial=initial)
        else:
            await await_turn(self.services.redis)

    async def on_ready(self) -> None:
        log.info(
            "ready user=%s servers=%d shards=%d of=%s",
            self.user.id if self.user else None,
            len(self.guilds),
            len(self.shards),
            self.shard_count,
        )

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        log.exception("event failed event=%s", event_method)

    async def stop(self) -> None:
        """Finish or call off what is under way, then leave."""
        for loop in self._loops:
            loop.cancel()
        await self._in_flight.drain(DRAIN_S)
        await self.close()

    async def close(self) -> None:
        await self._downloader.close()
        await super().close()
