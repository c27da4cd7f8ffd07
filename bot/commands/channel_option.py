"""An option of a command: a channel in which somebody can ask for pictures."""

from typing import Any

import discord
from discord import app_commands

from bot.replies.interactions import Interaction


class PlaceTransformer(app_commands.Transformer):
    """A channel in which somebody can ask.

    discord.py's own `ForumChannel` would offer media channels too, which Discord's description of its API does not
    take here.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        kinds = discord.ChannelType
        return [kinds.text, kinds.news, kinds.voice, kinds.stage_voice, kinds.forum]

    async def transform(self, interaction: Interaction, value: Any, /) -> app_commands.AppCommandChannel:
        """The channel as it stands in the interaction."""
        found: app_commands.AppCommandChannel = value
        return found


Place = app_commands.Transform[app_commands.AppCommandChannel, PlaceTransformer]
