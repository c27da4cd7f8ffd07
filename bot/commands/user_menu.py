"""The user menu "ASCII avatar": somebody's picture, the one of this server first."""

from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.registration import everywhere
from bot.render.attachments import asset_picture
from bot.render.options import OptionOverrides
from bot.render.service import RenderService
from bot.replies.interactions import Interaction

MENU_NAME: Final = "ASCII avatar"


class UserMenu(commands.Cog):
    """The command in the menu of every person and app."""

    def __init__(self, tree: app_commands.CommandTree[Any], render_service: RenderService) -> None:
        self._tree = tree
        self._render_service = render_service
        # discord.py has no decorator for a menu in a cog.
        self.menu = everywhere(app_commands.ContextMenu(name=MENU_NAME, callback=self.draw_avatar))

    async def cog_load(self) -> None:
        self._tree.add_command(self.menu)

    async def draw_avatar(self, interaction: Interaction, user: discord.User | discord.Member) -> None:
        await self._render_service.submit(
            interaction, asset_picture(user.display_avatar), OptionOverrides(), "menu"
        )
