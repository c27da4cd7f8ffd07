"""A server's settings outlive the bot's removal by some days only, and come back with the bot until then.

Discord tells of a removal only who is connected; so each start compares the servers that have settings with those
that it finds itself on.
"""

import asyncio
import logging
from collections.abc import Callable, Collection

import discord
from discord.ext import commands

from bot.replies.pending import REDIS_LOST
from bot.services import Services
from jobs.observability.logs import describe_error

log = logging.getLogger(__name__)


class SettingsAfterRemoval(commands.Cog):
    """Listens to the bot's coming and going. A server in an outage has not removed it."""

    def __init__(self, client: commands.AutoShardedBot, services: Services) -> None:
        self._client = client
        self._services = services
        self._turn = asyncio.Lock()
        """In the order of the events: of a coming and a going, the later counts."""

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        async with self._turn:
            await self._change(self._services.guilds.joined, {str(guild.id)})

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        log.info("left guild=%d", guild.id)
        async with self._turn:
            await self._change(self._services.guilds.left, {str(guild.id)})

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        async with self._turn:
            here = {str(guild.id) for guild in self._client.guilds}
            await self._change(self._services.guilds.joined, here)
            try:
                known = await asyncio.to_thread(self._services.guilds.known)
            except REDIS_LOST as error:
                log.info("servers not compared detail=%s", describe_error(error))
                return
            await self._change(self._services.guilds.left, {one for one in known - here if self._is_ours(one)})

    def _is_ours(self, guild_id: str) -> bool:
        """Whether this process would hear of a server: others have other shards."""
        shards = self._client.shard_count or 1
        return guild_id.isdigit() and (int(guild_id) >> 22) % shards in self._client.shards

    async def _change(self, change: Callable[[Collection[str]], None], guild_ids: Collection[str]) -> None:
        try:
            await asyncio.to_thread(change, guild_ids)
        except REDIS_LOST as error:
            log.info("servers not noted servers=%d detail=%s", len(guild_ids), describe_error(error))
