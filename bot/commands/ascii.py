"""`/ascii`: the command's options, and the suggestions while its palette is typed."""

from typing import Any, Final

import discord
from discord import app_commands

from bot.render.latest_picture import latest_picture
from bot.render.options import OptionOverrides, suggest_palettes
from bot.render.service import Attachment, RenderService
from bot.replies.interactions import Interaction, language
from jobs.text.choices import FOCUSES, FORMATS, MAX_COLUMNS, MIN_COLUMNS, PAPERS, paper_name

FORMAT_CHOICES: Final = [app_commands.Choice(name=format.label, value=name) for name, format in FORMATS.items()]
BACKGROUND_CHOICES: Final = [app_commands.Choice(name=label, value=str(name)) for name, label in PAPERS.items()]
FOCUS_CHOICES: Final = [app_commands.Choice(name=focus.label, value=name) for name, focus in FOCUSES.items()]
FOCUS_HELP: Final = "How much of the background to leave out"


def ascii_command(render_service: RenderService) -> app_commands.Command[Any, ..., None]:
    """The `/ascii` command, which hands what it is given to `render_service`."""

    async def styles(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await render_service.styles(typed)

    @app_commands.command(name="ascii", description="Draw a picture in readable characters")
    @app_commands.describe(
        image="The picture (default: the last one posted here)",
        palette="The colours: a palette, or two colours like #0000ff-#ff69b4",
        columns=f"Width in characters, {MIN_COLUMNS} to {MAX_COLUMNS}",
        background="Light or dark background",
        focus=FOCUS_HELP,
        format="Picture, text or a file",
        style="The model that draws",
        animate="Whether an animation stays animated",
        private="Show the result only to you",
    )
    @app_commands.choices(background=BACKGROUND_CHOICES, focus=FOCUS_CHOICES, format=FORMAT_CHOICES)
    @app_commands.autocomplete(palette=_palettes, style=styles)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def command(  # noqa: PLR0917  # discord.py reads the options from the parameters
        interaction: Interaction,
        image: discord.Attachment | None = None,
        palette: str | None = None,
        columns: int | None = None,
        background: str | None = None,
        focus: str | None = None,
        format: str | None = None,
        style: str | None = None,
        animate: bool | None = None,
        private: bool | None = None,
    ) -> None:
        said = OptionOverrides(
            palette=palette,
            columns=columns,
            background=paper_name(background),
            focus=focus,
            format=format,
            animate=animate,
            style=style.strip() if style else None,
        )
        if image is None:
            await render_service.submit(
                interaction, lambda: latest_picture(interaction), said, "command", private=private
            )
            return
        await render_service.submit(
            interaction, Attachment(image.url, image.size, image.is_spoiler()), said, "command", private=private
        )

    return command


async def _palettes(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(name=label, value=value)
        for label, value in suggest_palettes(typed, language(interaction))
    ]
