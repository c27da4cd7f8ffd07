"""A bot for the page: it answers with everything that the page is to show.

`python -m tests.playground.page_bot` runs it against DISCORD_API_BASE until it is ended."""

from __future__ import annotations

import asyncio
import io
import os
from typing import Any

import discord
from discord import app_commands
from PIL import Image, ImageDraw

from tests.playground.bot import point_at

HEART = "🩷"
ANSI = "```ansi\n\x1b[1;31mred\x1b[0m and \x1b[34mblue\x1b[0m on \x1b[45mpink\x1b[0m\n```"
TONES = (("Blue", "#2030c0"), ("Pink", "#e8409a"), ("Green", "#208040"))


def drawn(text: str, colour: str, size: tuple[int, int] = (320, 200)) -> discord.File:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((20, 20), text, fill=colour)
    ImageDraw.Draw(picture).ellipse((100, 60, 220, 180), outline=colour, width=9)
    out = io.BytesIO()
    picture.save(out, "PNG")
    out.seek(0)
    return discord.File(out, f"{text}.png", description=f"A drawing in {text}")


def moving() -> discord.File:
    frames = [Image.new("RGB", (120, 80), (n * 60, 40, 200 - n * 40)) for n in range(4)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=120, loop=0)
    out.seek(0)
    return discord.File(out, "moving.gif")


class Panel(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Again", custom_id="again", style=discord.ButtonStyle.primary)
    async def again(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="pressed again", view=Panel())

    @discord.ui.button(label="Only me", custom_id="secret")
    async def secret(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_message("between us", ephemeral=True)

    @discord.ui.button(label="Tell", custom_id="tell", style=discord.ButtonStyle.success)
    async def tell(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.button(label="Silent", custom_id="silent", style=discord.ButtonStyle.danger)
    async def silent(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await asyncio.sleep(3600)  # never answers

    @discord.ui.select(
        custom_id="tone", placeholder="Tone", options=[discord.SelectOption(label=name) for name, _ in TONES]
    )
    async def tone(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"tone {select.values[0]}")

    @discord.ui.select(
        custom_id="tones",
        placeholder="Many",
        max_values=3,
        options=[discord.SelectOption(label=name) for name, _ in TONES],
    )
    async def tones(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"tones {'+'.join(select.values)}")


class Form(discord.ui.Modal, title="A form"):
    name: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Name", custom_id="name")
    tone: discord.ui.Label[Any] = discord.ui.Label(
        text="Tone",
        component=discord.ui.Select(
            custom_id="form-tone", options=[discord.SelectOption(label=name) for name, _ in TONES]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        tone = self.tone.component.values[0]  # type: ignore[attr-defined]
        await interaction.response.send_message(f"{self.name.value} likes {tone}")


class InGerman(app_commands.Translator):
    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        words = {"draw": "zeichne", "palette": "farben", "Green": "Grün"}
        return words.get(string.message) if locale == discord.Locale.german else None


class PageBot(discord.Client):
    def __init__(self) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.reactions = True
        super().__init__(intents=intents, guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.step = asyncio.Event()
        tones = [app_commands.Choice(name=app_commands.locale_str(name), value=name.lower()) for name, _ in TONES]
        draw = self.tree.command(name="draw", description="Draw a picture again")(self.draw)
        draw = app_commands.choices(palette=tones)(draw)
        self.tree.command(name="show", description="Something of everything")(self.show)
        town = self.tree.command(name="town", description="Choose a town")(self.town)
        town.autocomplete("name")(towns)
        floor = self.tree.command(name="floor", description="Go to a floor")(self.floor)
        floor.autocomplete("number")(floors)
        admin = self.tree.command(name="admin", description="For admins")(self.admin)
        admin.default_permissions = discord.Permissions(administrator=True)
        self.tree.context_menu(name="Draw this")(self.menu)

    async def setup_hook(self) -> None:
        await self.tree.set_translator(InGerman())
        await self.tree.sync()

    async def draw(
        self,
        interaction: discord.Interaction,
        image: discord.Attachment,
        palette: str = "blue",
        private: bool = False,
    ) -> None:
        await interaction.response.defer(thinking=True, ephemeral=private)
        size = len(await image.read())
        await interaction.edit_original_response(content="half done")
        name, colour = next(tone for tone in TONES if tone[0].lower() == palette)
        text = f"{name} picture of {image.filename}, {size} bytes"
        await interaction.edit_original_response(content=text, attachments=[drawn(name, colour)], view=Panel())

    async def show(self, interaction: discord.Interaction, kind: str) -> None:
        if kind == "code":
            await interaction.response.send_message(ANSI)
        elif kind == "moving":
            await interaction.response.send_message("moving", file=moving())
        elif kind == "text":
            text = discord.File(io.BytesIO(b"@@@ /\\ ~~~\n### \\/ ---\n"), "art.txt")
            await interaction.response.send_message("as text", file=text)
        elif kind == "language":
            await interaction.response.send_message(f"in {interaction.locale}")
        elif kind == "nothing":
            await asyncio.sleep(3600)
        elif kind == "steps":
            await interaction.response.defer(thinking=True)
            for words in ("1 of 2", "2 of 2"):
                await self.step.wait()
                self.step.clear()
                await interaction.edit_original_response(content=words)
        elif kind == "step":
            self.step.set()
            await interaction.response.send_message("on we go", ephemeral=True)
        else:
            await interaction.response.send_message(kind)

    async def town(self, interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(f"off to {name}")

    async def floor(self, interaction: discord.Interaction, number: int) -> None:
        await interaction.response.send_message(f"on floor {number}")

    async def admin(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("done", ephemeral=True)

    async def menu(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message("from the menu", file=drawn("Green", "#208040"))

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        channel = self.get_channel(payload.channel_id)
        if payload.emoji.name != HEART or not isinstance(channel, discord.TextChannel):
            return
        message = channel.get_partial_message(payload.message_id)
        await message.reply("in pink", file=drawn("Pink", "#e8409a"), mention_author=False)


async def towns(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    known = ["Aarhus", "Bergen", "Bremen", "Cork"]
    return [
        app_commands.Choice(name=f"{town} (town)", value=town) for town in known if current.lower() in town.lower()
    ]


async def floors(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[int]]:
    return [app_commands.Choice(name=name, value=n) for n, name in enumerate(["Ground floor", "First floor"])]


async def _main() -> None:
    point_at(os.environ["DISCORD_API_BASE"].removesuffix("/api/v10"))
    async with PageBot() as bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(_main())
