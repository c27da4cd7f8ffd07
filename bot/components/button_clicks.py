"""The buttons under a finished picture: pink, text, again with other options, delete.

The message's request stands in Redis, so they work after any restart and for as long as it is remembered
there; the form of "Redo" comes back to `Results.on_interaction` without this process having sent it.
Discord does not tell what somebody reads on, and colour codes are litter on a phone; so for text we ask.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, cast

import discord
from discord.ext import commands

from bot.components.component import Component
from bot.components.ownership import (
    check_may_delete,
    check_may_use,
    is_hidden,
    is_theirs,
    known_request,
    message_under,
    request_under,
)
from bot.components.reaction_click import pink_click
from bot.components.reaction_reply import find_deleted
from bot.components.redo_form import FORM, form_for, overrides_of
from bot.gateway.retries import is_unknown
from bot.observability.moderation_log import ModerationLog
from bot.render.options import OptionOverrides
from bot.render.service import RenderService
from bot.replies.interactions import Interaction, can_reach, defer, explain, language, may_post, server_language
from bot.services import Services
from jobs.schema import Click, RenderRequest
from jobs.text.buttons import COMPUTER, LABELS, PHONE, TEMPLATE, custom_id
from jobs.text.choices import FORMATS
from jobs.text.sentences import ServiceProblem, sentence_for
from jobs.text.translation import translate

log = logging.getLogger(__name__)

THERE: Final = "It already exists: {place}"
DELETED: Final = "{by} deleted a picture that {user} asked for"
DELETED_UNKNOWN: Final = "{by} deleted a picture, and nothing is kept of who asked for it"
WHICH_SCREEN: Final = (
    "For which screen? A phone shows lines of {phone} characters, a computer up to {computer}, in colour."
)
HIDDEN: Final = "-private"
"""After a message's id: the picture on it is for one person, and so is its text."""


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
        request = await request_under(self._services, interaction)
        if request.reply.private or not can_reach(interaction):
            hidden = is_hidden(interaction, request)
            await self._again(interaction, request, OptionOverrides(palette="pink"), hidden=hidden)
            return
        await check_may_use(self._services, interaction, request)
        message_id = request.reply.message_id
        there = await asyncio.to_thread(self._services.reactions.answered_with, message_id, "pink")
        click = pink_click(interaction, request)
        deleted = there and await find_deleted(interaction.client, self._services, click)
        if there is not None and not deleted:
            place = f"https://discord.com/channels/{request.guild_id or '@me'}/{request.reply.channel_id}/{there}"
            await interaction.response.send_message(
                translate(THERE, language(interaction), place=place), ephemeral=True
            )
            return
        if not may_post(interaction):
            raise ServiceProblem("no_permission", f"message={message_id}")
        if not await asyncio.to_thread(self._services.pictures.present, request.shas):
            # To who presses, each time: a reply that says so would be one for all, and only the first time.
            raise ServiceProblem("picture_gone", f"message={message_id}")
        await defer(interaction, thinking=False)
        refused = await self._answer(click)
        if refused is not None:
            await interaction.followup.send(sentence_for(refused, language(interaction)), ephemeral=True)

    async def text(self, interaction: Interaction, argument: str) -> None:
        """Ask which screen the same picture as text is for."""
        request = await request_under(self._services, interaction)
        await check_may_use(self._services, interaction, request)
        widths = {name: block.columns for name, format in FORMATS.items() if (block := format.block) is not None}
        speaks = language(interaction)
        words = translate(WHICH_SCREEN, speaks, phone=widths["phone"], computer=widths["text"])
        which = request.reply.message_id + (HIDDEN if is_hidden(interaction, request) else "")
        await interaction.response.send_message(words, view=screens(which, speaks), ephemeral=True)

    async def phone(self, interaction: Interaction, argument: str) -> None:
        """The picture as text that a phone shows unbroken."""
        await self._as_text(interaction, argument, "phone")

    async def computer(self, interaction: Interaction, argument: str) -> None:
        """The picture as coloured text, as wide as a message allows."""
        await self._as_text(interaction, argument, "text")

    async def _as_text(self, interaction: Interaction, which: str, format: str) -> None:
        # That this button is ours, under our question to this person, is Discord's word: it was sent to them alone.
        request = await known_request(self._services, which.removesuffix(HIDDEN))
        overrides, hidden = OptionOverrides(format=format), which.endswith(HIDDEN)
        await self._again(interaction, request, overrides, hidden=hidden, shown=True)

    async def redo(self, interaction: Interaction, argument: str) -> None:
        """A form with the picture's own options filled in."""
        request = await request_under(self._services, interaction)
        await check_may_use(self._services, interaction, request)
        styles = await asyncio.to_thread(self._services.weights.models)
        await interaction.response.send_modal(form_for(request, language(interaction), styles))

    async def delete(self, interaction: Interaction, argument: str) -> None:
        """For who asked for the picture, and for those who may delete messages there."""
        asker = await check_may_delete(self._services, interaction)
        await defer(interaction, thinking=False)
        try:
            await interaction.delete_original_response()
        except discord.NotFound as error:
            if not is_unknown(error):  # else by somebody else a moment ago
                raise
        log.info("deleted message=%s user=%d", message_under(interaction), interaction.user.id)
        guild_id = str(interaction.guild_id) if interaction.guild_id else None
        settings = await asyncio.to_thread(self._services.guilds.get, guild_id)
        readers, by = server_language(interaction), f"<@{interaction.user.id}>"
        if asker is None:
            words = translate(DELETED_UNKNOWN, readers, by=by)
        else:
            words = translate(DELETED, readers, by=by, user=f"<@{asker}>")
        self._moderation_log.post(settings, f"🗑️ {words}")

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
            request = await known_request(self._services, match["argument"] or "")
            overrides = overrides_of(data["components"])
            if overrides.columns == request.options.columns and overrides.format != request.options.format:
                overrides = replace(overrides, columns=None)  # filled in for the old format
            hidden = is_hidden(interaction, request)
            await self._again(interaction, request, overrides, hidden=hidden)
        except Exception as error:
            await explain(interaction, error)

    async def _again(
        self,
        interaction: Interaction,
        request: RenderRequest,
        overrides: OptionOverrides,
        *,
        hidden: bool,
        shown: bool = False,
    ) -> None:
        await check_may_use(self._services, interaction, request, shown=shown)
        await self._render_service.submit(
            interaction,
            [picture for picture in request.pictures if picture.sha],
            overrides,
            "button",
            private=hidden,
            defaults=request.options,
            spoiler=request.spoiler,
            own=request.own and is_theirs(interaction, request),
        )


def screens(which: str, language: str) -> discord.ui.View:
    """The two buttons to choose from, about the picture of a message."""
    view = discord.ui.View(timeout=None)
    for action, emoji in ((PHONE, "📱"), (COMPUTER, "🖥️")):
        item: discord.ui.Button[Any] = discord.ui.Button(
            label=translate(LABELS[action], language), emoji=emoji, custom_id=custom_id(action, which)
        )
        view.add_item(Component(item, action, which))
    view.stop()  # any process answers them, so this one need not keep them
    return view
