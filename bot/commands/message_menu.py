"""The message menu "Make ASCII", and the list to pick from when a message has several pictures.

Without the message content intent only the menu's own interaction shows the message, so what was found is kept
in Redis while somebody may be choosing, and the list works after a restart.
"""

import asyncio
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import picture_lists
from bot.commands.registration import everywhere
from bot.components.component import chosen, select
from bot.render.attachments import FoundPicture, Kind, has_lottie, pictures_on
from bot.render.options import OptionOverrides
from bot.render.service import RenderService
from bot.replies.interactions import QUIET, Interaction, language
from bot.services import Services
from jobs.schema import MOST_PICTURES
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import translate

MENU_NAME: Final = "Make ASCII"
PICK: Final = "pick"
MOST: Final = 24
"""As many as a select menu holds beside ALL."""
ALL: Final = "all"

WHICH: Final = "That message has {count} pictures. Which one shall I draw?"
PICK_ONE: Final = "Choose a picture"
ALL_OF_THEM: Final = "All of them"
THE_FIRST: Final = "The first {count}"


KINDS: Final[dict[Kind, str]] = {
    "picture": "Picture",
    "video": "Video",
    "file": "File",
    "preview": "Preview",
    "sticker": "Sticker",
    "emoji": "Emoji",
}


class MessageMenu(commands.Cog):
    """The command in the menu of every message, and the answer to a choice from its list (`picked`)."""

    def __init__(
        self, tree: app_commands.CommandTree[Any], services: Services, render_service: RenderService
    ) -> None:
        self._tree = tree
        self._services = services
        self._render_service = render_service
        # discord.py has no decorator for a menu in a cog.
        self.menu = everywhere(app_commands.ContextMenu(name=MENU_NAME, callback=self.make_ascii))

    async def cog_load(self) -> None:
        self._tree.add_command(self.menu)

    async def make_ascii(self, interaction: Interaction, message: discord.Message) -> None:
        found = pictures_on(message)
        if not found:
            code = "lottie" if has_lottie(message) else "no_picture_there"
            raise ServiceProblem(code, f"message={message.id}")
        if len(found) == 1:
            await self._render_service.submit(interaction, found[0].attachment, OptionOverrides(), "menu")
            return
        await self._offer(interaction, found[:MOST])

    async def picked(self, interaction: Interaction, key: str) -> None:
        user_id = str(interaction.user.id)
        offer = await asyncio.to_thread(picture_lists.find, self._services.redis, user_id, key)
        if offer is None:
            raise ServiceProblem("list_gone", f"list={key}")
        value = chosen(interaction)
        numbered = {str(index): one for index, one in enumerate(offer.pictures)}
        if value != ALL and value not in numbered:
            raise ServiceProblem("list_gone", f"list={key}")
        chosen_ones = offer.pictures[:MOST_PICTURES] if value == ALL else [numbered[value]]
        pictures = [one.attachment() for one in chosen_ones]
        await self._render_service.submit(interaction, pictures, OptionOverrides(), "menu")

    async def _offer(self, interaction: Interaction, found: list[FoundPicture]) -> None:
        key = str(interaction.id)
        user_id = str(interaction.user.id)
        await asyncio.to_thread(picture_lists.keep, self._services.redis, user_id, key, found)
        speaks, count = language(interaction), len(found)
        whole = translate(ALL_OF_THEM, speaks)
        if count > MOST_PICTURES:
            whole = translate(THE_FIRST, speaks, count=MOST_PICTURES)
        names = {ALL: whole} | {str(index): _label(index + 1, one, speaks) for index, one in enumerate(found)}
        await interaction.response.send_message(
            translate(WHICH, speaks, count=count),
            view=select(PICK, key, translate(PICK_ONE, speaks), names),
            ephemeral=True,
            allowed_mentions=QUIET,
        )


def _label(number: int, one: FoundPicture, reader: str) -> str:
    """How a list tells the pictures of a message apart: "2. Picture · 800×600 · PNG"."""
    return " · ".join((f"{number}. {translate(KINDS[one.kind], reader)}", *one.details))
