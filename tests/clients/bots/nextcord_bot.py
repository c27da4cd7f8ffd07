"""A typical bot on nextcord. Only the address is the playground's; nextcord asks it for the gateway's."""

import io
import json
import os

import nextcord
from nextcord.ext import commands
from nextcord.http import Route

Route.BASE = f"{os.environ['PLAYGROUND_URL']}/api/v10"


class Form(nextcord.ui.Modal):
    def __init__(self) -> None:
        super().__init__("About you")
        self.name = nextcord.ui.TextInput(label="Name", custom_id="name")
        self.add_item(self.name)

    async def callback(self, inter: nextcord.Interaction) -> None:
        await inter.response.send_message(f"hello {self.name.value}")


class Panel(nextcord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @nextcord.ui.button(label="Again", custom_id="again")
    async def again(self, _button: nextcord.ui.Button, inter: nextcord.Interaction) -> None:
        await inter.response.edit_message(content="again")

    @nextcord.ui.button(label="Ask", custom_id="ask")
    async def ask(self, _button: nextcord.ui.Button, inter: nextcord.Interaction) -> None:
        await inter.response.send_modal(Form())

    @nextcord.ui.string_select(
        custom_id="pick", options=[nextcord.SelectOption(label="red"), nextcord.SelectOption(label="green")]
    )
    async def pick(self, select: nextcord.ui.StringSelect, inter: nextcord.Interaction) -> None:
        await inter.response.send_message(f"picked {select.values[0]}", ephemeral=True)


bot = commands.AutoShardedBot(
    intents=nextcord.Intents.all() if "PRIVILEGED" in os.environ else nextcord.Intents.default(),
    shard_count=int(os.environ.get("SHARDS", "1")),
    activity=nextcord.Activity(type=nextcord.ActivityType.watching, name="letters"),
    status=nextcord.Status.idle,
)
seen: list[str] = []


@bot.event
async def on_ready() -> None:
    seen.append("ready")


@bot.event
async def on_message(message: nextcord.Message) -> None:
    if message.author.id == bot.user.id:
        return
    if message.guild is None:
        await message.channel.trigger_typing()
        await message.reply(f"you wrote {message.content}")
    elif bot.user in message.mentions:
        await message.channel.trigger_typing()
        await message.reply("pong")
    elif message.content:
        await message.channel.send(f"read {message.content}")


@bot.event
async def on_raw_reaction_add(payload: nextcord.RawReactionActionEvent) -> None:
    if payload.user_id == bot.user.id:
        return
    message = await bot.get_channel(payload.channel_id).fetch_message(payload.message_id)
    await message.add_reaction("👍")
    await message.reply(f"{payload.emoji} by {payload.member.global_name}")


@bot.event
async def on_raw_member_remove(payload: nextcord.RawMemberRemoveEvent) -> None:
    seen.append(f"leave {payload.user.name}")


@bot.event
async def on_presence_update(_before: nextcord.Member, after: nextcord.Member) -> None:
    seen.append(f"presence {after.name} {after.status}")


@bot.slash_command(description="Draws a picture")
async def draw(
    inter: nextcord.Interaction,
    image: nextcord.Attachment,
    palette: str = nextcord.SlashOption(default="blue", choices={"Blue": "blue", "Pink": "pink"}),
    style: str = "bold",
    columns: int = nextcord.SlashOption(default=64, min_value=8, max_value=128),
) -> None:
    await inter.response.defer()
    data = await image.read()
    await inter.edit_original_message(
        content=f"{image.filename} {len(data)} {palette} {style} {columns}",
        file=nextcord.File(io.BytesIO(data), "result.png"),
        view=Panel(),
    )


@draw.on_autocomplete("style")
async def styles(inter: nextcord.Interaction, current: str) -> None:
    await inter.response.send_autocomplete([one for one in ("bold", "book", "thin") if one.startswith(current)])


@bot.user_command(name="Greet")
async def greet(inter: nextcord.Interaction, member: nextcord.Member) -> None:
    await inter.response.send_message(f"hello {member.global_name}")


@bot.message_command(name="Quote")
async def quote(inter: nextcord.Interaction, message: nextcord.Message) -> None:
    await inter.response.send_message(f"> {message.content}")


@bot.slash_command(description="Fetches what there is")
async def fetch(inter: nextcord.Interaction, message: str) -> None:
    await inter.response.defer(ephemeral=True)
    guild = await bot.fetch_guild(inter.guild_id)
    channel = await bot.fetch_channel(inter.channel_id)
    found = await channel.fetch_message(int(message))
    member = await guild.fetch_member(inter.user.id)
    mine = [guild.name async for guild in bot.fetch_guilds()]
    await inter.edit_original_message(
        content=f"{guild.name}, {channel.name}, {found.content}, {member.global_name}, {', '.join(mine)}"
    )


@bot.slash_command(description="Asks the gateway for members")
async def members(inter: nextcord.Interaction, query: str) -> None:
    found = await inter.guild.query_members(query, limit=5)
    await inter.response.send_message(" ".join(sorted(member.name for member in found)))


@bot.slash_command(description="Writes to you alone")
async def whisper(inter: nextcord.Interaction) -> None:
    await inter.user.send("psst")
    await inter.response.send_message("sent", ephemeral=True)


@bot.slash_command(description="Tells what the bot saw")
async def report(inter: nextcord.Interaction) -> None:
    saw = {"latency_ms": round(bot.latency * 1000), "seen": seen}
    await inter.response.send_message(json.dumps(saw), ephemeral=True)


bot.run(os.environ["TOKEN"])
