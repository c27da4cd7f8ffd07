"""`/settings`: what a server's moderators decide. Discord offers it to those who manage the server."""

import asyncio
import io
import logging
from collections.abc import Callable, Collection
from typing import Any, Final, Literal

import discord
from discord import app_commands
from pydantic import ValidationError

from bot.answers import QUIET, Interaction
from bot.intake import Intake
from bot.moderation_log import ModerationLog
from bot.services import Services
from bot.wishes import named_palette, suggest_palettes
from jobs.guilds import GuildSettings
from jobs.problems import ServiceProblem

log = logging.getLogger(__name__)

MOST_BYTES: Final = 512 * 1024
"""Of a file with settings: ten thousand blocked people fit in."""

Change = Callable[[GuildSettings], GuildSettings]


class SettingsCommands(app_commands.Group):
    """The `/settings` commands. Each answers only who used it, with what is in force from then on."""

    def __init__(self, services: Services, intake: Intake, moderation_log: ModerationLog) -> None:
        super().__init__(
            name="settings",
            description="Decide where, for whom and how I draw on this server",
            guild_only=True,
            default_permissions=discord.Permissions(manage_guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )
        self._services = services
        self._intake = intake
        self._log = moderation_log

    @app_commands.command(description="Show what is in force")
    async def show(self, interaction: Interaction) -> None:
        """Change nothing."""
        settings = await asyncio.to_thread(self._services.guilds.get, str(interaction.guild_id))
        await _answer(interaction, in_words(settings))

    @app_commands.command(description="Let me draw in a channel, or no longer; with none allowed, everywhere")
    @app_commands.describe(channel="The channel; its threads count as it", allow="Whether I draw there")
    async def channel(
        self, interaction: Interaction, channel: discord.TextChannel | discord.VoiceChannel, allow: bool = True
    ) -> None:
        """Add to the allowed channels or take away."""
        await self._change(
            interaction, f"{'allowed' if allow else 'took off the list'} <#{channel.id}>",
            lambda old: _with(old, channels=_toggled(old.channels, channel.id, allow)),
        )  # fmt: skip

    @app_commands.command(description="Let members of a role ask me, or no longer; with none allowed, everybody")
    @app_commands.describe(role="The role", allow="Whether its members may ask")
    async def role(self, interaction: Interaction, role: discord.Role, allow: bool = True) -> None:
        """Add to the allowed roles or take away."""
        await self._change(
            interaction, f"{'allowed' if allow else 'took off the list'} the role {role.id}",
            lambda old: _with(old, roles=_toggled(old.roles, role.id, allow)),
        )  # fmt: skip

    @app_commands.command(description="How pictures are drawn when nobody says otherwise")
    @app_commands.describe(
        palette="The colours", background="The paper", private="Show results only to who asked",
        spoiler="Hide every result until it is clicked",
    )  # fmt: skip
    async def defaults(
        self, interaction: Interaction, palette: str | None = None,
        background: Literal["light", "dark"] | None = None, private: bool | None = None,
        spoiler: bool | None = None,
    ) -> None:  # fmt: skip
        """Change those that are given."""
        given = {
            "palette": None if palette is None else named_palette(palette),
            "background": background, "private": private, "spoiler": spoiler,
        }  # fmt: skip
        chosen = {name: value for name, value in given.items() if value is not None}
        said = ", ".join(f"{name} {value}" for name, value in chosen.items()) or "nothing"
        await self._change(interaction, f"set the defaults: {said}", lambda old: _with(old, **chosen))

    @defaults.autocomplete("palette")
    async def _palettes(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=label, value=value) for label, value in suggest_palettes(typed)]

    @app_commands.command(description="Who may use the reactions and buttons under a picture")
    @app_commands.describe(who="Everyone, or only who asked for the picture")
    async def reactions(self, interaction: Interaction, who: Literal["everyone", "requester"]) -> None:
        """Set who may."""
        await self._change(interaction, f"lets {who} react", lambda old: _with(old, reactors=who))

    @app_commands.command(description="Draw in age-restricted channels only, or everywhere")
    @app_commands.describe(only="Whether only there")
    async def age_restricted(self, interaction: Interaction, only: bool) -> None:
        """Set where."""
        said = "draws in age-restricted channels only" if only else "draws in any channel"
        await self._change(interaction, said, lambda old: _with(old, age_restricted_only=only))

    @app_commands.command(description="Take no more wishes from somebody")
    @app_commands.describe(user="Whom")
    async def block(self, interaction: Interaction, user: discord.User) -> None:
        """Add to the blocked."""
        await self._change(
            interaction,
            f"blocked <@{user.id}>",
            lambda old: _with(old, blocked=_toggled(old.blocked, user.id, True)),
        )

    @app_commands.command(description="Take wishes from somebody again")
    @app_commands.describe(user="Whom")
    async def unblock(self, interaction: Interaction, user: discord.User) -> None:
        """Take from the blocked."""
        await self._change(
            interaction, f"unblocked <@{user.id}>",
            lambda old: _with(old, blocked=_toggled(old.blocked, user.id, False)),
        )  # fmt: skip

    @app_commands.command(description="Where I write who asked for what; without a channel, nowhere")
    @app_commands.describe(channel="The channel, in which I must be allowed to write")
    async def log(self, interaction: Interaction, channel: discord.TextChannel | None = None) -> None:
        """Set the log channel."""
        where = str(channel.id) if channel is not None else None
        said = f"logs to <#{where}>" if where else "logs no longer"
        await self._change(interaction, said, lambda old: _with(old, log_channel=where))

    @app_commands.command(description="All settings as a file, to keep or to carry to another server")
    async def export(self, interaction: Interaction) -> None:
        """Send the record."""
        settings = await asyncio.to_thread(self._services.guilds.get, str(interaction.guild_id))
        data = io.BytesIO(settings.model_dump_json(indent=2).encode())
        await interaction.response.send_message(
            "What is in force here. Read it in again with `/settings import`.",
            file=discord.File(data, "glyphcord-settings.json"), ephemeral=True,
        )  # fmt: skip

    @app_commands.command(name="import", description="Replace all settings by those of a file")
    @app_commands.describe(file="A file that export has made")
    async def import_(self, interaction: Interaction, file: discord.Attachment) -> None:
        """Check, then replace."""
        if file.size > MOST_BYTES:
            raise ServiceProblem("bad_settings", f"{file.size} bytes")
        await interaction.response.defer(ephemeral=True, thinking=True)
        async with self._intake.fetch(file.url, file.size) as data:
            try:
                new = GuildSettings.model_validate_json(data)
            except ValidationError as error:
                raise ServiceProblem("bad_settings", f"{error.error_count()} faults") from None
        guild = interaction.guild
        if new.log_channel and (guild is None or guild.get_channel(int(new.log_channel)) is None):
            # The bot may be allowed to write there, but on another server, whose people have not asked for it.
            new = _with(new, log_channel=None)
        await self._change(interaction, "read in settings from a file", lambda old: new)

    @app_commands.command(description="Forget all settings")
    async def reset(self, interaction: Interaction) -> None:
        """Back to the defaults."""
        await self._change(interaction, "reset the settings", lambda old: GuildSettings())

    async def _change(self, interaction: Interaction, said: str, change: Change) -> None:
        guild_id = str(interaction.guild_id)
        try:
            settings = await asyncio.to_thread(self._services.guilds.update, guild_id, change)
        except ValidationError as error:  # more channels, roles or people than a record holds
            raise ServiceProblem("too_many_entries", f"{error.error_count()} faults") from None
        log.info("settings changed guild=%s user=%d change=%r", guild_id, interaction.user.id, said)
        self._log.post(settings, f"⚙️ <@{interaction.user.id}> {said}")
        await _answer(interaction, f"Saved.\n{in_words(settings)}")


def _with(old: GuildSettings, **changes: Any) -> GuildSettings:
    """Checked, which `model_copy` is not."""
    return GuildSettings.model_validate(old.model_dump() | changes)


def _toggled(ids: frozenset[str], one: int, there: bool) -> frozenset[str]:
    return ids | {str(one)} if there else ids - {str(one)}


def in_words(settings: GuildSettings) -> str:
    """What is in force, a line each."""

    def listed(ids: Collection[str], mark: str, none: str) -> str:
        shown = " ".join(f"<{mark}{one}>" for one in sorted(ids, key=int)[:20])
        return none if not ids else shown + (f" and {len(ids) - 20} more" if len(ids) > 20 else "")

    return "\n".join(
        (
            f"**Channels:** {listed(settings.channels, '#', 'all')}",
            f"**Roles:** {listed(settings.roles, '@&', 'everybody')}",
            f"**Blocked:** {listed(settings.blocked, '@', 'nobody')}",
            f"**Reactions and buttons:** {'everyone' if settings.reactors == 'everyone' else 'who asked'}",
            f"**Defaults:** palette {settings.palette}, {settings.background} background, "
            f"{'private' if settings.private else 'for all to see'}, "
            f"{'hidden until clicked' if settings.spoiler else 'not hidden'}",
            f"**Age-restricted channels only:** {'yes' if settings.age_restricted_only else 'no'}",
            f"**Log:** {f'<#{settings.log_channel}>' if settings.log_channel else 'none'}",
        )
    )


async def _answer(interaction: Interaction, text: str) -> None:
    if interaction.response.is_done():
        await interaction.edit_original_response(content=text, allowed_mentions=QUIET)
    else:
        await interaction.response.send_message(text, ephemeral=True, allowed_mentions=QUIET)
