"""The first words on a server, `/help`, `/privacy` and `/forget`: what the bot does, and what it keeps of whom."""

import asyncio
import logging
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.registration import everywhere
from bot.observability.moderation_log import may_write
from bot.replies.interactions import QUIET, UNDELIVERED, Interaction, language
from bot.replies.pending import REDIS_LOST
from bot.services import Services
from bot.settings import BotSettings
from jobs.connection import PREFIX
from jobs.lifecycle.messages import KEEP_S
from jobs.observability.logs import describe_error
from jobs.rq_adapter import queue
from jobs.text.translation import language_of, translate, translate_count

log = logging.getLogger(__name__)

HELP: Final = """**I draw pictures in readable characters.**
• `/ascii image:` draws the picture you attach, in its own colours.
• `/ascii image: palette:pink columns:120 background:light` draws it in other colours, larger, on white.
• `/ascii image: palette:#0000ff-#ff69b4` uses two colours of your own, from top to bottom.
• `/ascii image: focus:` draws the subject alone, or with as much of the background as you like.
• `/ascii image: format:` gives you text for a phone or a computer, or a file.
• `/ascii source:` draws your avatar, this server's icon or banner, or a custom emoji.
• A message's menu → Apps → **Make ASCII** draws what that message shows: GIFs, stickers, emojis and forwards too.
• A person's menu → Apps → **ASCII avatar** draws their avatar.
• React {reactions} to a result to get it in other colours, or use the buttons under it.
• GIFs stay animated. `private:True` shows the result only to you. **Cancel** stops a waiting picture.
Server managers choose where and for whom I draw with `/settings`. What I keep: `/privacy`."""

PRIVACY: Final = (
    "**What I keep, and for how long**\n"
    "• Pictures you ask me to draw: {picture_days} days after they were last drawn, so that I can draw them "
    "again.\n"
    "• Which of my messages answers which request (your id, the options, the picture's fingerprint): {days} "
    "days, for the reactions and buttons under it.\n"
    "• How many pictures you asked for: until the next day.\n"
    "• The bot's log: your id with each request, never a picture's name or address.\n"
    "I read messages only when you ask me to: the one whose menu you use and, for `/ascii` without a picture, "
    "the latest ones here. I keep nothing of those. A server's settings and log channel belong to its "
    "moderators.\n"
    "`/forget` deletes your pictures and records now; only the number of today's pictures stays until "
    "tomorrow. Messages in a channel stay; **Delete** under them removes them."
)

FORGOTTEN_ONE: Final = (
    "Deleted: one picture and the records of your requests. Reactions and buttons under those results no "
    "longer work. The messages stay until somebody deletes them."
)
FORGOTTEN: Final = (
    "Deleted: {count} pictures and the records of your requests. Reactions and buttons under those results no "
    "longer work. The messages stay until somebody deletes them."
)


WELCOME: Final = (
    "Thanks for adding me! Type `/ascii` and attach a picture, or open a message's menu → Apps → **Make "
    "ASCII**, and I reply with that picture in readable characters. `/help` has examples. Server managers "
    "choose where and for whom I draw with `/settings`."
)

WELCOMED_S: Final = 30 * 24 * 3600
"""Who adds the bot again within this time has read it."""


class About(commands.Cog):
    """The three commands, and the first words on a server."""

    def __init__(self, services: Services, settings: BotSettings) -> None:
        self._services = services
        self._settings = settings

    @app_commands.command(name="help", description="What I can do, with examples")
    @everywhere
    async def help(self, interaction: Interaction) -> None:
        reactions = " ".join(self._settings.reaction_palettes)
        await _say(interaction, translate(HELP, language(interaction), reactions=reactions))

    @app_commands.command(name="privacy", description="What I keep about you, and for how long")
    @everywhere
    async def privacy(self, interaction: Interaction) -> None:
        days, picture_days = KEEP_S // 86400, max(1, round(self._settings.picture_ttl_s / 86400))
        await _say(interaction, translate(PRIVACY, language(interaction), days=days, picture_days=picture_days))

    @app_commands.command(name="forget", description="Delete your pictures and the records I keep of your requests")
    @everywhere
    async def forget(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        dropped = await asyncio.to_thread(_forget, self._services, str(interaction.user.id))
        log.info("forgot user=%d pictures=%d", interaction.user.id, dropped)
        words = translate_count(FORGOTTEN_ONE, FORGOTTEN, dropped, language(interaction))
        await interaction.edit_original_response(content=words, allowed_mentions=QUIET)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say once, where the bot may write, what it is for. Several processes hear of it; one speaks."""
        places = [channel for channel in (guild.system_channel, *guild.text_channels) if channel is not None]
        place = next((one for one in places if may_write(one)), None)
        key = f"{PREFIX}welcomed:{guild.id}"
        try:
            first = await asyncio.to_thread(self._services.redis.set, key, 1, nx=True, ex=WELCOMED_S)
            if place is not None and first:
                words = translate(WELCOME, language_of(guild.preferred_locale.value))
                await place.send(words, allowed_mentions=QUIET)
        except (*REDIS_LOST, *UNDELIVERED) as error:
            log.info("no welcome guild=%d detail=%s", guild.id, describe_error(error))


def _forget(services: Services, user_id: str) -> int:
    """How many pictures were deleted."""
    requests = services.messages.forget(user_id)
    pictures = {sha for request in requests for sha in request.shas}
    services.pictures.drop(pictures | {one.still for request in requests for one in request.pictures if one.still})
    queue.forget(services.redis, [request.job_id for request in requests])
    return len(pictures)


async def _say(interaction: Interaction, text: str) -> None:
    await interaction.response.send_message(text, ephemeral=True, allowed_mentions=QUIET)
