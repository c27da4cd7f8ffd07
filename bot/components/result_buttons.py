"""The buttons under a finished picture: pink, text, again with other options, delete.

The message's request stands in Redis, so they work after any restart and for as long as it is remembered
there; the form of "Redo" comes back to `Results.on_interaction` without this process having sent it.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import discord
from discord.ext import commands

from bot.components.reaction_reply import find_deleted
from bot.gateway.patience import is_unknown
from bot.observability.moderation_log import ModerationLog
from bot.render.options import OptionOverrides
from bot.render.service import RenderService
from bot.replies.interactions import (
    Interaction,
    can_reach,
    defer,
    explain,
    is_age_restricted,
    language,
    role_ids,
    server_language,
)
from bot.services import Services
from jobs import clock
from jobs.schema import Click, RenderRequest
from jobs.text.buttons import TEMPLATE, custom_id
from jobs.text.choices import AUTO, FOCUS_HELP, FOCUSES, FORMATS, PAPERS, focus_name, paper_name
from jobs.text.sentences import ServiceProblem, sentence_for
from jobs.text.translation import translate

log = logging.getLogger(__name__)

FORM: Final = "again"
"""The action in a form's id; the form is about the message that it was opened from."""


THERE: Final = "It already exists: {place}"
DELETED: Final = "{by} deleted a picture that {user} asked for"
TITLE: Final = "Redo"
FIELDS: Final = {
    "palette": "Palette",
    "columns": "Columns",
    "background": "Background",
    "focus": "Focus",
    "format": "Format",
}
PALETTE_HELP: Final = "A name, or two colours"
PALETTE_EXAMPLE: Final = "pink, or #0000ff-#ff69b4"
COLUMNS_HELP: Final = "Width in characters, 20 to 200 (empty: automatic)"


class Results(commands.Cog):
    """Answers the buttons. `answer` is what answers a reaction."""

    def __init__(
        self,
        services: Services,
        render_service: RenderService,
        moderation_log: ModerationLog,
        answer: Callable[[Click], Awaitable[ServiceProblem | None]],
    ) -> None:
        self._services = services
        self._render_service = render_service
        self._moderation_log = moderation_log
        self._answer = answer

    async def pink(self, interaction: Interaction, argument: str) -> None:
        """As the reaction, so that there is one picture in pink however it was asked for."""
        request = await self._request(interaction)
        if request.reply.private or not can_reach(interaction):
            await self._again(interaction, request, OptionOverrides(palette="pink"))
            return
        await self._may(interaction, request)
        message_id = request.reply.message_id
        there = await asyncio.to_thread(self._services.reactions.answered_with, message_id, "pink")
        click = _pink(interaction, request)
        deleted = there and await find_deleted(interaction.client, self._services, click)
        if there is not None and not deleted:
            place = f"https://discord.com/channels/{request.guild_id or '@me'}/{request.reply.channel_id}/{there}"
            await interaction.response.send_message(
                translate(THERE, language(interaction), place=place), ephemeral=True
            )
            return
        await defer(interaction, thinking=False)
        refused = await self._answer(click)
        if refused is not None:
            await interaction.followup.send(sentence_for(refused, language(interaction)), ephemeral=True)

    async def text(self, interaction: Interaction, argument: str) -> None:
        """The same picture as text in a message."""
        await self._again(interaction, await self._request(interaction), OptionOverrides(format="text"))

    async def redo(self, interaction: Interaction, argument: str) -> None:
        """A form with the picture's own options filled in."""
        request = await self._request(interaction)
        await self._may(interaction, request)
        await interaction.response.send_modal(form_for(request, language(interaction)))

    async def delete(self, interaction: Interaction, argument: str) -> None:
        """For who asked for the picture, and for those who may delete messages there."""
        request = await self._request(interaction)
        moderates = interaction.guild_id is not None and interaction.permissions.manage_messages
        if not (is_theirs(interaction, request) or (moderates and sees(interaction, request))):
            raise ServiceProblem("not_yours", f"message={request.reply.message_id}")
        await defer(interaction, thinking=False)
        try:
            await interaction.delete_original_response()
        except discord.NotFound as error:
            if not is_unknown(error):  # else by somebody else a moment ago
                raise
        log.info("deleted message=%s user=%d", request.reply.message_id, interaction.user.id)
        settings = await asyncio.to_thread(self._services.guilds.get, request.guild_id)
        self._moderation_log.post(
            settings,
            "🗑️ "
            + translate(
                DELETED, server_language(interaction), by=f"<@{interaction.user.id}>", user=f"<@{request.user_id}>"
            ),
        )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A form that was sent in, if it is ours."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data = cast(dict[str, Any], interaction.data or {})
        match = re.fullmatch(TEMPLATE, str(data.get("custom_id", "")))
        if match is None or match["action"] != FORM:
            return
        try:
            request = await self._known(match["argument"] or "")
            overrides = overrides_of(data["components"])
            if overrides.columns == request.options.columns and overrides.format != request.options.format:
                overrides = replace(overrides, columns=None)  # filled in for the old format
            await self._again(interaction, request, overrides)
        except Exception as error:
            await explain(interaction, error)

    async def _may(self, interaction: Interaction, request: RenderRequest) -> None:
        """Raises ServiceProblem `not_yours` for a picture that the person does not see, and where the server leaves
        the buttons to who asked for the picture."""
        if is_theirs(interaction, request):
            return
        guild_id = str(interaction.guild_id) if interaction.is_guild_integration() else None
        settings = await asyncio.to_thread(self._services.guilds.get, guild_id)
        if settings.reactors == "requester" or not sees(interaction, request):
            raise ServiceProblem("not_yours", f"message={request.reply.message_id}")

    async def _again(self, interaction: Interaction, request: RenderRequest, overrides: OptionOverrides) -> None:
        await self._may(interaction, request)
        message = interaction.message
        there = message is not None and str(message.id) == request.reply.message_id
        hidden = message.flags.ephemeral if message is not None and there else request.reply.private
        await self._render_service.submit(
            interaction,
            [picture for picture in request.pictures if picture.sha],
            overrides,
            "button",
            private=hidden,
            defaults=request.options,
            own=request.own and request.user_id == str(interaction.user.id),
        )

    async def _request(self, interaction: Interaction) -> RenderRequest:
        return await self._known(str(interaction.message.id if interaction.message else 0))

    async def _known(self, message_id: str) -> RenderRequest:
        request = await asyncio.to_thread(self._services.messages.request_of, message_id)
        if request is None:
            raise ServiceProblem("forgotten", f"message={message_id}")
        return request


def is_theirs(interaction: Interaction, request: RenderRequest) -> bool:
    """Whether who uses something is who asked for the picture."""
    return request.user_id == str(interaction.user.id)


def sees(interaction: Interaction, request: RenderRequest) -> bool:
    """Whether what somebody uses stands under that very picture, or is a form opened from there.

    The number in a form's id is their client's word, and may be anybody's message; under which message something
    was used is Discord's. What is for one person's eyes is under nobody else's.
    """
    message = interaction.message
    if message is None or str(message.id) != request.reply.message_id or message.flags.ephemeral:
        return False
    # Where the bot is no member everything is reached by the interaction's token only, what all may see too.
    return not (request.reply.private and can_reach(interaction))


def _pink(interaction: Interaction, request: RenderRequest) -> Click:
    user, channel = interaction.user, interaction.channel
    return Click(
        message_id=request.reply.message_id,
        channel_id=request.reply.channel_id,
        guild_id=request.guild_id,
        user_id=str(user.id),
        palette="pink",
        role_ids=role_ids(user),
        parent_id=str(channel.parent_id) if isinstance(channel, discord.Thread) else None,
        age_restricted=is_age_restricted(channel),
        at=clock.now(),
    )


def form_for(request: RenderRequest, language: str) -> discord.ui.Modal:
    """The form of "Redo", as the picture is."""
    drawn = request.options
    modal = discord.ui.Modal(title=translate(TITLE, language), custom_id=custom_id(FORM, request.reply.message_id))
    palette: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="palette", default=drawn.palette, max_length=40, placeholder=translate(PALETTE_EXAMPLE, language)
    )
    columns: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="columns", default=str(drawn.columns or ""), max_length=3, required=False
    )
    selects: list[tuple[str, Mapping[Any, str], str]] = [
        ("background", PAPERS, drawn.background),
        ("focus", {name: choice.label for name, choice in FOCUSES.items()}, focus_name(drawn.focus)),
        ("format", {name: format.label for name, format in FORMATS.items()}, drawn.format),
    ]
    helps = {
        "palette": translate(PALETTE_HELP, language),
        "columns": translate(COLUMNS_HELP, language),
        "focus": translate(FOCUS_HELP, language),
    }
    fields: dict[str, discord.ui.Item[Any]] = {"palette": palette, "columns": columns} | {
        name: _select(name, labels, now, language) for name, labels, now in selects
    }
    for name, component in fields.items():
        label = translate(FIELDS[name], language)
        modal.add_item(discord.ui.Label(text=label, description=helps.get(name), component=component))
    modal.stop()  # else discord.py keeps it until it is sent in, and if it is closed, for ever
    return modal


def _select(name: str, labels: Mapping[Any, str], now: str, language: str) -> discord.ui.Select[Any]:
    options = [
        discord.SelectOption(label=translate(label, language), value=value, default=value == now)
        for value, label in labels.items()
    ]
    return discord.ui.Select(custom_id=name, options=options)


def overrides_of(components: list[dict[str, Any]]) -> OptionOverrides:
    """What a form asks for, from the components of its interaction. Raises ServiceProblem `columns_number`."""
    fields: dict[str, Any] = {}
    for label in components:
        field = label.get("component") or {}
        values = field.get("values")
        fields[str(field.get("custom_id"))] = values[0] if values else field.get("value")
    columns = str(fields.get("columns") or "").strip()
    if columns and not (columns.isascii() and columns.isdigit()):
        raise ServiceProblem("columns_number", f"columns {columns[:20]!r}")
    return OptionOverrides(
        palette=fields.get("palette") or None,
        columns=int(columns) if columns else AUTO,
        background=paper_name(fields.get("background")),
        focus=fields.get("focus") or None,
        format=fields.get("format") or None,
    )
