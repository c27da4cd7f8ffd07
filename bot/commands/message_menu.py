"""The message menu "Make ASCII", and the list to pick from when a message has several pictures.

Without the message content intent only the menu's own interaction shows the message, so what was found is kept
in Redis while somebody may be choosing, and the list works after a restart.
"""

import asyncio
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.registration import everywhere
from bot.components.component import chosen, select
from bot.render.attachments import Attachment, NamedAttachment, has_lottie, pictures_on
from bot.render.options import OptionOverrides
from bot.render.service import RenderService
from bot.replies.interactions import QUIET, Interaction, language
from bot.services import Services
from jobs.connection import PREFIX
from jobs.records import Record, read_record
from jobs.schema import MOST_PICTURES
from jobs.text.sentences import ONLY_STILL, ServiceProblem
from jobs.text.translation import translate

MENU_NAME: Final = "Make ASCII"
PICK: Final = "pick"
MOST: Final = 24
"""As many as a select menu holds beside ALL."""
ALL: Final = "all"
KEEP_S: Final = 15 * 60

WHICH: Final = "That message has {count} pictures. Which one shall I draw?"
PICK_ONE: Final = "Choose a picture"
ALL_OF_THEM: Final = "All of them"
THE_FIRST: Final = "The first {count}"


class Offered(Record):
    """One picture of a list. `still` is taken where a moving picture cannot be had."""

    url: str
    size: int
    spoiler: bool
    name: str
    still: str = ""

    @classmethod
    def of(cls, one: NamedAttachment) -> Self:
        """A picture as it is kept."""
        shown = one.attachment
        still = shown.otherwise.url if shown.otherwise else ""
        return cls(url=shown.url, size=shown.size, spoiler=shown.spoiler, name=one.name, still=still)

    def attachment(self) -> Attachment:
        """The same as it was."""
        still = Attachment(self.still, spoiler=self.spoiler, note=ONLY_STILL) if self.still else None
        return Attachment(self.url, self.size, self.spoiler, still)


class Offer(Record):
    """A list of pictures to pick from."""

    pictures: list[Offered]


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
        offer = read_record(Offer, await asyncio.to_thread(self._services.redis.get, _key(key)))
        if offer is None:
            raise ServiceProblem("list_gone", f"list={key}")
        value = chosen(interaction)
        chosen_ones = offer.pictures[:MOST_PICTURES] if value == ALL else [offer.pictures[int(value)]]
        pictures = [one.attachment() for one in chosen_ones]
        await self._render_service.submit(interaction, pictures, OptionOverrides(), "menu")

    async def _offer(self, interaction: Interaction, found: list[NamedAttachment]) -> None:
        key = str(interaction.id)
        offer = Offer(pictures=[Offered.of(one) for one in found])
        await asyncio.to_thread(self._services.redis.set, _key(key), offer.model_dump_json(), ex=KEEP_S)
        speaks, count = language(interaction), len(found)
        whole = translate(ALL_OF_THEM, speaks)
        if count > MOST_PICTURES:
            whole = translate(THE_FIRST, speaks, count=MOST_PICTURES)
        names = {ALL: whole} | {str(index): f"{index + 1}. {one.name}" for index, one in enumerate(found)}
        await interaction.response.send_message(
            translate(WHICH, speaks, count=count),
            view=select(PICK, key, translate(PICK_ONE, speaks), names),
            ephemeral=True,
            allowed_mentions=QUIET,
        )


def _key(key: str) -> str:
    return f"{PREFIX}list:{key}"
