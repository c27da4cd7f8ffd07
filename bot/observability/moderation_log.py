"""A server's log channel: who asked for what and who changed which setting, where the moderators want to read it.

Nothing depends on it: what cannot be posted is dropped, and so is what comes faster than Discord takes it.
"""

import asyncio
import logging
from typing import Final

import discord

from bot.replies.interactions import QUIET, UNDELIVERED
from jobs.observability.logs import describe_error
from jobs.schema import RenderRequest
from jobs.server_settings import GuildSettings
from jobs.text.translation import translate

log = logging.getLogger(__name__)

MOST: Final = 50
"""Lines on their way at one time."""

ASKED: Final = "{user} asked for a picture in {where}"
ASKED_PRIVATELY: Final = "{user} asked for a private picture in {where}"


def may_write(channel: discord.TextChannel) -> bool:
    """Whether the bot may post in a channel."""
    allowed = channel.permissions_for(channel.guild.me)
    return allowed.view_channel and allowed.send_messages


class ModerationLog:
    """Posts lines for all servers."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, settings: GuildSettings, line: str) -> None:
        """Post a line if the server has a log channel; returns at once. Mentions in it notify nobody."""
        if settings.log_channel is None or len(self._tasks) >= MOST:
            return
        task = asyncio.create_task(self._post(int(settings.log_channel), line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def post_request(
        self, settings: GuildSettings, request: RenderRequest, language: str, *, private: bool = False
    ) -> None:
        """Post who asked for a picture and where, if the server has a log channel."""
        self.post(settings, _line_of(request, language, private=private))

    async def _post(self, channel_id: int, line: str) -> None:
        try:
            await self._client.get_partial_messageable(channel_id).send(
                line, allowed_mentions=QUIET, suppress_embeds=True, silent=True
            )
        except UNDELIVERED as error:
            log.info("moderation log not posted channel=%d detail=%s", channel_id, describe_error(error))


def _line_of(request: RenderRequest, language: str, *, private: bool) -> str:
    """Who asked for a picture and where, with its job's id."""
    channel_id, user = request.reply.channel_id, f"<@{request.user_id}>"
    place = f"https://discord.com/channels/{request.guild_id}/{channel_id}/{request.reply.message_id}"
    where = f"<#{channel_id}>" if private else place
    line = translate(ASKED_PRIVATELY if private else ASKED, language, user=user, where=where)
    return f"🖼️ {line} (`{request.job_id}`)"
