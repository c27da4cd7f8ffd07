"""`/ascii` without a picture: the one posted last in the channel, where the bot may look for it.

Reading others' messages needs the message content intent, which a bot does not have unless its owner asks for it.
Without it Discord shows a bot only direct messages, messages that mention it and its own.
"""

from dataclasses import replace
from typing import Final

import discord

from bot.gateway.retries import is_trouble
from bot.render.attachments import Attachment, FoundPicture, pictures_on
from bot.replies.interactions import Interaction, can_reach
from jobs.text.sentences import ServiceProblem

LOOKED_AT: Final = 50
"""Messages; one request."""
TRIED: Final = 5
"""Files, at most, that only their bytes can tell to be pictures."""


def check_can_look(interaction: Interaction) -> None:
    """Raises ServiceProblem `cannot_look` where there is no use in asking Discord."""
    if not can_reach(interaction):
        raise ServiceProblem("cannot_look", "not a member there")
    # The asker's too: who came without the right to read what was posted before is not shown a picture of it.
    if interaction.guild_id and not all(
        may.view_channel and may.read_message_history
        for may in (interaction.app_permissions, interaction.permissions)
    ):
        raise ServiceProblem("cannot_look", "no permission to read the channel's history")


async def latest_picture(interaction: Interaction) -> Attachment:
    """Raises ServiceProblem `cannot_look`, or `no_picture_here` where the bot can see and there is none."""
    client = interaction.client
    check_can_look(interaction)
    channel = client.get_partial_messageable(int(interaction.channel_id or 0))
    own = client.user.id if client.user else 0
    candidates: list[FoundPicture] = []
    try:
        async for message in channel.history(limit=LOOKED_AT):
            if message.author.id != own and (found := pictures_on(message, emojis=False)):
                sure = [one for one in found if one.sure]
                candidates += sure[-1:] or found[-1:]
                if sure or len(candidates) == TRIED:
                    break
    except (discord.Forbidden, discord.NotFound) as error:
        if is_trouble(error):
            raise
        raise ServiceProblem("cannot_look", f"code {error.code}") from None
    if candidates:
        return _first_that_is_one([one.attachment for one in candidates])
    if interaction.guild_id and not sees_content(client):
        raise ServiceProblem("cannot_look", "the application lacks the message content intent")
    raise ServiceProblem("no_picture_here", f"in {LOOKED_AT} messages", count=LOOKED_AT)


def _first_that_is_one(candidates: list[Attachment]) -> Attachment:
    """The latest; one that only its bytes can tell to be a picture is passed over if they say no."""
    *unsure, last = candidates
    for one in reversed(unsure):
        last = replace(one, otherwise=last)
    return last


def sees_content(client: discord.Client) -> bool:
    """Whether the application has the message content intent, so that it may read what does not mention it."""
    flags = client.application.flags if client.application else None
    return bool(flags and (flags.gateway_message_content or flags.gateway_message_content_limited))
