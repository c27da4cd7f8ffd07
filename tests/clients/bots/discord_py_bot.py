"""A typical bot on discord.py. Only the two addresses are the playground's."""

import io
import json
import os

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

URL = os.environ["PLAYGROUND_URL"]
Route.BASE = f"{URL}/api/v10"
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(URL.replace("http", "ws", 1) + "/gateway")


class Form(discord.ui.Modal, title="About you"):
    name = discord.ui.TextInput(label="Name", custom_id="name")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"hello {self.name.value}")


class Panel(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, _button: discord.ui.Button) -> None:
        await interaction.response.edit_message(content="again")

    @discord.ui.button(label="Ask", custom_id="ask")
    async def ask(self, interaction: discord.Interaction, _button: discord.ui.Button) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(
        custom_id="pick", options=[discord.SelectOption(label="red"), discord.SelectOption(label="green")]
    )
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}", ephemeral=True)


class Bot(discord.AutoShardedClient):
    def __init__(self) -> None:
        intents = discord.Intents.default()
        if "PRIVILEGED" in os.environ:
            intents = discord.Intents.all()
        super().__init__(
            intents=intents,
            shard_count=int(os.environ.get("SHARDS", "1")),
            activity=discord.Activity(type=discord.ActivityType.watching, name="letters"),
            status=discord.Status.idle,
        )
        self.tree = app_commands.CommandTree(self)
        self.seen: list[str] = []

    async def setup_hook(self) -> None:
        self.add_view(Panel())
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.seen.append("ready")

    async def on_message(self, message: discord.Message) -> None:
        if message.author.id == self.user.id:
            return
        if message.guild is None:
            await message.channel.typing()
            await message.reply(f"you wrote {message.content}")
        elif self.user in message.mentions:
            await message.channel.typing()
            await message.reply("pong")
        elif message.content:
            await message.channel.send(f"read {message.content}")

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        if payload.user_id == self.user.id:
            return
        channel = self.get_channel(payload.channel_id)
        message = await channel.fetch_message(payload.message_id)
        await message.add_reaction("👍")
        await message.reply(f"{payload.emoji} by {payload.member.display_name}")

    async def on_member_join(self, member: discord.Member) -> None:
        self.seen.append(f"join {member.name}")

    async def on_raw_member_remove(self, payload: discord.RawMemberRemoveEvent) -> None:
        self.seen.append(f"leave {payload.user.name}")

    async def on_presence_update(self, _before: discord.Member, after: discord.Member) -> None:
        self.seen.append(f"presence {after.name} {after.status}")


bot = Bot()


@bot.tree.command(description="Draws a picture")
@app_commands.choices(palette=[app_commands.Choice(name=name, value=name.lower()) for name in ("Blue", "Pink")])
async def draw(
    interaction: discord.Interaction,
    image: discord.Attachment,
    palette: str = "blue",
    style: str = "bold",
    columns: app_commands.Range[int, 8, 128] = 64,
) -> None:
    await interaction.response.defer(thinking=True)
    data = await image.read()
    await interaction.edit_original_response(
        content=f"{image.filename} {len(data)} {palette} {style} {columns}",
        attachments=[discord.File(io.BytesIO(data), "result.png")],
        view=Panel(),
    )


@draw.autocomplete("style")
async def styles(_interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    found = [style for style in ("bold", "book", "thin") if style.startswith(current)]
    return [app_commands.Choice(name=style, value=style) for style in found]


@bot.tree.context_menu(name="Greet")
async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
    await interaction.response.send_message(f"hello {member.display_name}")


@bot.tree.context_menu(name="Quote")
async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"> {message.content}")


@bot.tree.command(description="Fetches what there is")
async def fetch(interaction: discord.Interaction, message: str) -> None:
    await interaction.response.defer(ephemeral=True)
    guild = await bot.fetch_guild(interaction.guild_id)
    channel = await bot.fetch_channel(interaction.channel_id)
    found = await channel.fetch_message(int(message))
    member = await guild.fetch_member(interaction.user.id)
    mine = [guild.name async for guild in bot.fetch_guilds()]
    await interaction.followup.send(
        f"{guild.name}, {channel.name}, {found.content}, {member.display_name}, {', '.join(mine)}"
    )


@bot.tree.command(description="Asks the gateway for members")
async def members(interaction: discord.Interaction, query: str) -> None:
    found = await interaction.guild.query_members(query, limit=5)
    await interaction.response.send_message(" ".join(sorted(member.name for member in found)))


@bot.tree.command(description="Writes to you alone")
async def whisper(interaction: discord.Interaction) -> None:
    await interaction.user.send("psst")
    await interaction.response.send_message("sent", ephemeral=True)


@bot.tree.command(description="Tells what the bot saw")
async def report(interaction: discord.Interaction) -> None:
    saw = {"latency_ms": round(bot.latency * 1000), "seen": bot.seen, "shards": bot.shard_count}
    await interaction.response.send_message(json.dumps(saw), ephemeral=True)


bot.run(os.environ["TOKEN"])
