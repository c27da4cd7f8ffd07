"""A small bot on the real discord.py that uses what a bot of this kind uses, and notes what it sees.

As a program (`python -m tests.playground.bot`) it runs against DISCORD_API_BASE until it has answered one command,
with --stay until it is ended; with --zlib it first hides zstandard, so that discord.py asks for zlib-stream.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

if "--zlib" in sys.argv:
    sys.modules["zstandard"] = None  # type: ignore[assignment]

import discord
import discord.gateway
import discord.http
import yarl
from discord import app_commands

from tests.playground.pictures import PNG_3X2


def point_at(url: str) -> None:
    """The two assignments that send an unmodified discord.py to another server."""
    assert hasattr(discord.http.Route, "BASE")
    assert hasattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY")
    discord.http.Route.BASE = f"{url}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http", "ws", 1) + "/gateway")


def picture(name: str) -> discord.File:
    return discord.File(io.BytesIO(PNG_3X2), name)


class Again(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"again:(?P<n>\d+)"):
    """A button whose state is its custom_id, so that it outlives the process."""

    def __init__(self, n: int) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{n}"))
        self.n = n

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: Any, /
    ) -> Again:
        return cls(int(match["n"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(Again(self.n + 1))
        await interaction.response.edit_message(content=f"again {self.n}", view=view)


class Bot(discord.Client):
    """/ascii defers, fills and follows up; `seen` holds (event, detail) in order."""

    def __init__(self, **how: Any) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.messages = intents.reactions = True
        super().__init__(intents=intents, guild_ready_timeout=0.1, **how)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[tuple[str, Any]] = []
        self.fetched: list[bytes] = []
        self.interactions: list[discord.Interaction] = []
        self.tree.command(name="ascii", description="A picture in letters")(self.answer)
        model = app_commands.Group(name="model", description="The model")
        model.command(name="reload", description="Load it again")(self.reload)
        self.tree.add_command(model)
        self.tree.context_menu(name="Make ASCII")(self.menu)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        await self.tree.sync()

    def events(self, name: str) -> list[Any]:
        return [detail for event, detail in self.seen if event == name]

    async def answer(
        self,
        interaction: discord.Interaction,
        image: discord.Attachment,
        palette: str | None = None,
        private: bool = False,
    ) -> None:
        self.interactions.append(interaction)
        await interaction.response.defer(thinking=True, ephemeral=private)
        self.fetched.append(await image.read())
        view = discord.ui.View(timeout=None)
        view.add_item(Again(1))
        await interaction.edit_original_response(content="done", attachments=[picture("r.png")], view=view)
        await interaction.followup.send("and more", wait=True, file=picture("f.png"), ephemeral=private)
        self.seen.append(("answered", interaction.id))

    async def reload(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"reloaded for {interaction.user.name}", ephemeral=True)

    async def menu(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.attachments)} to do")

    async def on_ready(self) -> None:
        self.seen.append(("ready", self.user and self.user.id))

    async def on_resumed(self) -> None:
        self.seen.append(("resumed", None))

    async def on_message(self, message: discord.Message) -> None:
        self.seen.append(("message", message.id))

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.seen.append(("edit", payload.message_id))

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.seen.append(("reaction", (payload.message_id, payload.emoji.name, payload.user_id)))


@asynccontextmanager
async def running(bot: Bot, token: str) -> AsyncIterator[Bot]:
    """The bot logged in and ready, until the block ends."""
    task = asyncio.create_task(bot.start(token))
    try:
        async with asyncio.timeout(60):
            while not bot.events("ready"):
                if task.done():
                    await task
                await asyncio.sleep(0.02)
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


async def _main() -> None:
    point_at(os.environ["DISCORD_API_BASE"].removesuffix("/api/v10"))
    async with running(Bot(), os.environ["DISCORD_TOKEN"]) as bot:
        print("compression:", discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE, flush=True)
        while "--stay" in sys.argv or not bot.events("answered"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(_main())
