"""The first words on a server that has added the bot."""

import asyncio
import logging
from typing import Final

import discord
from discord.ext import commands

from bot.commands.command_mentions import CommandIds
from bot.observability.moderation_log import may_write
from bot.replies.interactions import QUIET, UNDELIVERED
from bot.replies.pending import REDIS_LOST
from bot.services import Services
from jobs.connection import PREFIX
from jobs.observability.logs import describe_error
from jobs.text.translation import language_of, translate

log = logging.getLogger(__name__)

WELCOME: Final = (
    "Thanks for adding me! Type {ascii} and attach a picture, or open a message's menu → Apps → **Make "
    "ASCII**, and I reply with that picture in readable characters. {help} has examples. Server managers "
    "choose where and for whom I draw with {settings}."
)

WELCOMED_S: Final = 30 * 24 * 3600
"""Who adds the bot again within this time has read it."""


class Welcome(commands.Cog):
    """Says them."""

    def __init__(self, services: Services, ids: CommandIds) -> None:
        self._services = services
        self._ids = ids

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say once, where the bot may write, what it is for. Several processes hear of it; one speaks."""
        places = [channel for channel in (guild.system_channel, *guild.text_channels) if channel is not None]
        place = next((one for one in places if may_write(one)), None)
        key = f"{PREFIX}welcomed:{guild.id}"
        try:
            first = await asyncio.to_thread(self._services.redis.set, key, 1, nx=True, ex=WELCOMED_S)
            if place is not None and first:
                reader = language_of(guild.preferred_locale.value)
                await place.send(translate(WELCOME, reader, **self._ids.mentions(reader)), allowed_mentions=QUIET)
        except (*REDIS_LOST, *UNDELIVERED) as error:
            log.info("no welcome guild=%d detail=%s", guild.id, describe_error(error))
