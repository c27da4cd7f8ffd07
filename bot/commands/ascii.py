"""`/ascii`: the command's options, and the suggestions while its palette is typed."""

import asyncio
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.drawing_options import CHOICES, HELP, overrides_from
from bot.commands.registration import everywhere
from bot.commands.suggestions import Choices, palette_choices, source_choices, suggest_styles
from bot.render.attachments import Attachment, Find
from bot.render.service import RenderService
from bot.render.source_option import SOURCE_HELP, SOURCE_HELP_UNSEEN, picture_from
from bot.replies.interactions import Interaction
from bot.services import Services
from jobs.schema import Variant
from jobs.text.sentences import ServiceProblem
from jobs.variants import KINDS, LABELS, variants_of

FILE_TYPES: Final = ["image", "video", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".m4v", ".3gp", ".mkv"]
"""What Discord's client lets people choose, ten at most: its own groups, and the usual suffixes of all else that is
drawn. In `image` are .png, .gif, .jpg, .jpeg, .jfif, .webp and .avif, in `video` .mp4, .mov, .qt and .webm."""

VARIANT_CHOICES: Final = [app_commands.Choice(name=LABELS[kind], value=str(kind)) for kind in KINDS]


OPTION_HELP: Final = {
    "image": "The picture (default: the last one posted here)",
    "source": SOURCE_HELP,
    **HELP,
    "variants": "Several drawings to choose one from",
}
UNSEEN_HELP: Final = {
    "image": "The picture (on servers I see others' only where they mention me)",
    "source": SOURCE_HELP_UNSEEN,
}
"""Instead, where the application lacks the message content intent: no promise that cannot be kept."""


class Ascii(commands.Cog):
    """Hands what it is given to the render service."""

    def __init__(self, render_service: RenderService, services: Services) -> None:
        self._render_service = render_service
        self._services = services

    def describe_options(self, *, unseen: bool) -> None:
        """Say of the options what this application can do, before the command is registered."""
        app_commands.describe(**OPTION_HELP | (UNSEEN_HELP if unseen else {}))(self.ascii)

    @app_commands.command(
        name="ascii",
        description="Draw a picture in readable characters",
        extras={"file_types": {"image": FILE_TYPES}},  # bot.commands.registration sends them
    )
    @app_commands.describe(**OPTION_HELP)
    @app_commands.choices(variants=VARIANT_CHOICES, **CHOICES)
    @everywhere
    async def ascii(  # noqa: PLR0917  # discord.py reads the options from the parameters
        self,
        interaction: Interaction,
        image: discord.Attachment | None = None,
        source: str | None = None,
        palette: str | None = None,
        columns: int | None = None,
        background: str | None = None,
        focus: str | None = None,
        format: str | None = None,
        style: str | None = None,
        animate: bool | None = None,
        private: bool | None = None,
        variants: str | None = None,
    ) -> None:
        overrides = overrides_from(
            palette=palette,
            columns=columns,
            background=background,
            focus=focus,
            format=format,
            style=style,
            animate=animate,
        )
        if image is not None:
            picture: Attachment | Find = Attachment(image.url, image.size, image.is_spoiler())
        else:
            picture = picture_from(interaction, source)
        wanted = await self._variants(variants)
        await self._render_service.submit(
            interaction, picture, overrides, "command", private=private, variants=wanted
        )

    async def _variants(self, kind: str | None) -> tuple[Variant, ...]:
        """What an option's value asks for. Raises ServiceProblem `one_style`."""
        chosen = next((one for one in KINDS if one == kind), None)
        if chosen is None:
            return ()
        styles: list[str] = []
        if chosen == "styles":
            store = self._services.weights
            names, default = await asyncio.to_thread(lambda: (list(store.models()), store.default()))
            styles = sorted(names, key=lambda name: name != default)
            if len(styles) < 2:
                raise ServiceProblem("one_style", f"styles={len(styles)}")
        return variants_of(chosen, styles)

    @ascii.autocomplete("source")
    async def _sources(self, interaction: Interaction, typed: str) -> Choices:
        return source_choices(interaction, typed)

    @ascii.autocomplete("palette")
    async def _palettes(self, interaction: Interaction, typed: str) -> Choices:
        return palette_choices(interaction, typed)

    @ascii.autocomplete("style")
    async def _styles(self, interaction: Interaction, typed: str) -> Choices:
        return await suggest_styles(self._services, interaction, typed)
