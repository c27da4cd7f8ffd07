"""The message menu "Make ASCII", and the list to pick from when a message has several pictures.

Without the message content intent only the menu's own interaction shows the message, so what was found is kept
in Redis while somebody may be choosing, and the list works after a restart.
"""

import asyncio
from typing import Final

import discord
from discord import app_commands

from bot.components.component import Handler, chosen, select
from bot.render.attachments import NamedAttachment, pictures_on
from bot.render.options import OptionOverrides
from bot.render.service import Attachment, RenderService
from bot.replies.interactions import QUIET, Interaction, language
from bot.services import Services
from jobs.connection import PREFIX
from jobs.records import Record, read_record
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import translate

MENU_NAME: Final = "Make ASCII"
PICK: Final = "pick"
MOST: Final = 25
"""As many as a select menu holds."""
KEEP_S: Final = 15 * 60

WHICH: Final = "That message has {count} pictures. Which one shall I draw?"
PICK_ONE: Final = "Choose a picture"


class Offered(Record):
    """One picture of a list."""

    url: str
    size: int
    spoiler: bool
    name: str


class Offer(Record):
    """A list of pictures to pick from."""

    pictures: list[Offered]


def make_ascii(services: Services, render_service: RenderService) -> app_commands.ContextMenu:
    """The command in the menu of every message."""

    @app_commands.context_menu(name=MENU_NAME)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def command(interaction: Interaction, message: discord.Message) -> None:
        found = pictures_on(message)
        if not found:
            raise ServiceProblem("no_picture_there", f"message={message.id}")
        if len(found) == 1:
            await render_service.submit(interaction, found[0].attachment, OptionOverrides(), "menu")
            return
        await _offer(services, interaction, found[:MOST])

    return command


async def _offer(services: Services, interaction: Interaction, found: list[NamedAttachment]) -> None:
    key = str(interaction.id)
    offer = Offer(
        pictures=[
            Offered(url=one.attachment.url, size=one.attachment.size, spoiler=one.attachment.spoiler, name=one.name)
            for one in found
        ]
    )
    await asyncio.to_thread(services.redis.set, _key(key), offer.model_dump_json(), ex=KEEP_S)
    names = [f"{number}. {one.name}" for number, one in enumerate(found, 1)]
    await interaction.response.send_message(
        translate(WHICH, language(interaction), count=len(found)),
        view=select(PICK, key, translate(PICK_ONE, language(interaction)), names),
        ephemeral=True,
        allowed_mentions=QUIET,
    )


def picked(services: Services, render_service: RenderService) -> Handler:
    """What answers a choice from the list."""

    async def handler(interaction: Interaction, key: str) -> None:
        offer = read_record(Offer, await asyncio.to_thread(services.redis.get, _key(key)))
        if offer is None:
            raise ServiceProblem("list_gone", f"list={key}")
        one = offer.pictures[chosen(interaction)]
        await render_service.submit(
            interaction, Attachment(one.url, one.size, one.spoiler), OptionOverrides(), "menu"
        )

    return handler


def _key(key: str) -> str:
    return f"{PREFIX}list:{key}"
