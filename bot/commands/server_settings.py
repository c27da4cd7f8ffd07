"""`/settings`: where, for whom and how the bot draws on a server. Discord offers it to server managers."""

import asyncio
import io
import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final, Literal

import discord
from discord import app_commands
from discord.ext import commands
from pydantic import ValidationError

from bot.commands.channel_option import Place
from bot.commands.drawing_options import CHOICES, HELP, overrides_from
from bot.commands.settings_text import (
    ADULTS,
    ALL_AGES,
    ALLOWED,
    ASK_RESET,
    BLOCKED,
    DEFAULTS,
    ERASE_ALL,
    EXPORTED,
    IMPORTED,
    KEEP_THEM,
    KEPT,
    LETS_ALL,
    LETS_ASKER,
    LOGS,
    NO_LOG,
    RESET,
    SAVED,
    UNBLOCKED,
    UNLISTED,
    settings_text,
)
from bot.commands.suggestions import Choices, palette_choices, suggest_styles
from bot.components.component import Labelled, buttons
from bot.observability.moderation_log import ModerationLog, may_write
from bot.render.download import AttachmentDownloader
from bot.replies.interactions import QUIET, Interaction, defer, language, server_language
from bot.services import Services
from jobs.server_settings import GuildSettings
from jobs.text.choices import AUTO, FOCUSES
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import translate

log = logging.getLogger(__name__)

MOST_BYTES: Final = 512 * 1024
"""Of a file with settings: ten thousand blocked people fit in."""

PRIVATE_HELP: Final = "Show results only to the person who asked"
ERASE, KEEP = "erase", "keep"
"""For the question of `/settings reset`."""
LEFT_OPEN: Final = {"columns", "style"}
"""Options whose AUTO stands in the settings as None."""

Change = Callable[[GuildSettings], GuildSettings]


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
class ServerSettings(
    commands.GroupCog, name="settings", description="Choose where, for whom and how I draw on this server"
):
    """The `/settings` commands. Each answers only who used it, with what is in force from then on."""

    def __init__(self, services: Services, downloader: AttachmentDownloader, moderation_log: ModerationLog) -> None:
        self._services = services
        self._downloader = downloader
        self._log = moderation_log

    @app_commands.command(description="Show the current settings")
    async def show(self, interaction: Interaction) -> None:
        settings = await asyncio.to_thread(self._services.guilds.get, str(interaction.guild_id))
        await _answer(interaction, settings_text(settings, language(interaction)))

    @app_commands.command(description="Allow or disallow a channel; with none allowed, I draw everywhere")
    @app_commands.describe(channel="The channel, including its threads", allow="Whether to allow the channel")
    async def channel(self, interaction: Interaction, channel: Place, allow: bool = True) -> None:
        await self._change(
            interaction, _toggle("channels", channel.id, allow), ALLOWED if allow else UNLISTED, f"<#{channel.id}>"
        )

    @app_commands.command(description="Allow or disallow a role; with none allowed, everyone may ask")
    @app_commands.describe(role="The role", allow="Whether to allow the role")
    async def role(self, interaction: Interaction, role: discord.Role, allow: bool = True) -> None:
        await self._change(
            interaction, _toggle("roles", role.id, allow), ALLOWED if allow else UNLISTED, f"<@&{role.id}>"
        )

    @app_commands.command(description="Set the default options for pictures on this server")
    @app_commands.describe(**HELP | {"private": PRIVATE_HELP, "spoiler": "Hide every result until it is clicked"})
    @app_commands.choices(**CHOICES)
    async def defaults(  # noqa: PLR0917  # discord.py reads the options from the parameters
        self,
        interaction: Interaction,
        palette: str | None = None,
        columns: int | None = None,
        background: str | None = None,
        focus: str | None = None,
        format: str | None = None,
        style: str | None = None,
        animate: bool | None = None,
        private: bool | None = None,
        spoiler: bool | None = None,
    ) -> None:
        said = overrides_from(
            palette=palette,
            columns=columns,
            background=background,
            focus=focus,
            format=format,
            style=style,
            animate=animate,
        ).check()
        if said.style not in (None, AUTO):
            await asyncio.to_thread(self._services.weights.known, said.style)
        shown = asdict(said) | {"private": private, "spoiler": spoiler}
        chosen = {name: value for name, value in shown.items() if value is not None}
        changes = {name: None if value == AUTO and name in LEFT_OPEN else value for name, value in chosen.items()}
        if said.focus is not None:
            changes["focus"] = FOCUSES[said.focus].amount
        await self._change(
            interaction,
            lambda old: _with(old, **changes),
            DEFAULTS,
            what=", ".join(f"`{name}` {value}" for name, value in chosen.items()) or "–",
        )

    @defaults.autocomplete("palette")
    async def _palettes(self, interaction: Interaction, typed: str) -> Choices:
        return palette_choices(interaction, typed)

    @defaults.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await suggest_styles(self._services, interaction, typed)

    @app_commands.command(description="Choose who may use the reactions and buttons under a picture")
    @app_commands.describe(who="Everyone, or only the person who asked for the picture")
    async def reactions(self, interaction: Interaction, who: Literal["everyone", "requester"]) -> None:
        await self._change(
            interaction, lambda old: _with(old, reactors=who), LETS_ALL if who == "everyone" else LETS_ASKER
        )

    @app_commands.command(description="Limit drawing to age-restricted channels")
    @app_commands.describe(only="Whether to draw only there")
    async def age_restricted(self, interaction: Interaction, only: bool) -> None:
        await self._change(
            interaction, lambda old: _with(old, age_restricted_only=only), ADULTS if only else ALL_AGES
        )

    @app_commands.command(description="Block a user")
    @app_commands.describe(user="The user")
    async def block(self, interaction: Interaction, user: discord.User) -> None:
        await self._change(interaction, _toggle("blocked", user.id, True), BLOCKED, f"<@{user.id}>")

    @app_commands.command(description="Unblock a user")
    @app_commands.describe(user="The user")
    async def unblock(self, interaction: Interaction, user: discord.User) -> None:
        await self._change(interaction, _toggle("blocked", user.id, False), UNBLOCKED, f"<@{user.id}>")

    @app_commands.command(description="Set the channel where I log requests; without a channel, the log is off")
    @app_commands.describe(channel="The log channel; I need permission to write there")
    async def log(self, interaction: Interaction, channel: discord.TextChannel | None = None) -> None:
        where = str(channel.id) if channel is not None else None
        if channel is not None and not may_write(channel):
            raise ServiceProblem("log_closed", f"channel={where}")
        await self._change(
            interaction, lambda old: _with(old, log_channel=where), LOGS if where else NO_LOG, what=f"<#{where}>"
        )

    @app_commands.command(description="Export all settings to a file, as a backup or for another server")
    async def export(self, interaction: Interaction) -> None:
        settings = await asyncio.to_thread(self._services.guilds.get, str(interaction.guild_id))
        data = io.BytesIO(settings.model_dump_json(indent=2).encode())
        await interaction.response.send_message(
            translate(EXPORTED, language(interaction)),
            file=discord.File(data, "glyphcord-settings.json"),
            ephemeral=True,
        )

    @app_commands.command(name="import", description="Replace all settings with those in a file")
    @app_commands.describe(file="A file made by /settings export")
    async def import_(self, interaction: Interaction, file: discord.Attachment) -> None:
        if file.size > MOST_BYTES:
            raise ServiceProblem("bad_settings", f"{file.size} bytes")
        await defer(interaction, private=True)
        async with self._downloader.fetch(file.url, file.size) as data:
            try:
                new = GuildSettings.model_validate_json(data)
            except ValidationError as error:
                raise ServiceProblem("bad_settings", f"{error.error_count()} faults") from None
        new = _as_here(new, interaction.guild)
        await self._change(interaction, lambda old: new, IMPORTED)

    @app_commands.command(description="Reset all settings to their defaults")
    async def reset(self, interaction: Interaction) -> None:
        speaks, asker = language(interaction), str(interaction.user.id)
        view = buttons(
            Labelled(ERASE, asker, translate(ERASE_ALL, speaks), discord.ButtonStyle.danger),
            Labelled(KEEP, asker, translate(KEEP_THEM, speaks)),
        )
        await asyncio.to_thread(self._services.guilds.ask, str(interaction.guild_id), asker)
        await interaction.response.send_message(translate(ASK_RESET, speaks), view=view, ephemeral=True)

    async def erase(self, interaction: Interaction, asker: str) -> None:
        """The button that resets all settings: for who was asked, and soon, since roles may change."""
        await self._take_answer(interaction, asker)
        await defer(interaction, thinking=False)
        await self._change(interaction, lambda old: GuildSettings(), RESET)

    async def keep(self, interaction: Interaction, asker: str) -> None:
        """The other button."""
        await self._take_answer(interaction, asker)
        await interaction.response.edit_message(content=translate(KEPT, language(interaction)), view=None)

    async def _take_answer(self, interaction: Interaction, asker: str) -> None:
        """Raises ServiceProblem `not_yours`, or `question_old` where nobody has asked that person lately.

        Discord checks who uses the command, and nobody who presses its buttons later, when roles may have changed.
        """
        user_id = str(interaction.user.id)
        if user_id != asker:
            raise ServiceProblem("not_yours", f"asked={asker}")
        if not await asyncio.to_thread(self._services.guilds.answered, str(interaction.guild_id), user_id):
            raise ServiceProblem("question_old")

    async def _change(self, interaction: Interaction, change: Change, line: str, what: str = "") -> None:
        """Make a change, tell the person who made it, and post `line` (about `what`) in the log channel.

        Where that changes too, both channels hear of it: the old one that nothing comes any more.
        """
        guild_id, before = str(interaction.guild_id), GuildSettings()

        def noted(old: GuildSettings) -> GuildSettings:
            nonlocal before
            before = old
            return change(old)

        try:
            settings = await asyncio.to_thread(self._services.guilds.update, guild_id, noted)
        except ValidationError as error:  # more channels, roles or people than a record holds
            raise ServiceProblem("too_many_entries", f"{error.error_count()} faults") from None
        log.info(
            "settings changed guild=%s user=%d change=%r",
            guild_id,
            interaction.user.id,
            line.format(by=interaction.user.id, what=what),
        )
        posted = translate(line, server_language(interaction), by=f"<@{interaction.user.id}>", what=what)
        for there in {before.log_channel: before, settings.log_channel: settings}.values():
            self._log.post(there, f"⚙️ {posted}")
        reader = language(interaction)
        await _answer(interaction, f"{translate(SAVED, reader)}\n{settings_text(settings, reader)}")


def _with(old: GuildSettings, **changes: Any) -> GuildSettings:
    """Checked, which `model_copy` is not."""
    return GuildSettings.model_validate(old.model_dump() | changes)


def _as_here(new: GuildSettings, guild: discord.Guild | None) -> GuildSettings:
    """The settings of a file, without the channels and roles of another server or of an earlier time.

    Rules that name none of this server's would refuse everybody, and in a log channel of another server the bot may
    be allowed to write, though its people have not asked for it.
    """
    if guild is None or guild.unavailable:  # what it has is not known: nobody is let in who was not
        return _with(new, log_channel=None)
    return _with(
        new,
        channels={one for one in new.channels if guild.get_channel(int(one)) is not None},
        roles={one for one in new.roles if guild.get_role(int(one)) is not None},
        log_channel=new.log_channel if guild.get_channel(int(new.log_channel or 0)) is not None else None,
    )


def _toggle(field: Literal["channels", "roles", "blocked"], one: int, there: bool) -> Change:
    """Put an id into a set of the settings, or take it out."""

    def change(old: GuildSettings) -> GuildSettings:
        ids: frozenset[str] = getattr(old, field)
        return _with(old, **{field: ids | {str(one)} if there else ids - {str(one)}})

    return change


async def _answer(interaction: Interaction, text: str) -> None:
    if interaction.response.is_done():
        await interaction.edit_original_response(content=text, view=None, allowed_mentions=QUIET)
    else:
        await interaction.response.send_message(text, ephemeral=True, allowed_mentions=QUIET)
