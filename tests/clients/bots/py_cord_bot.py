"""A typical bot on py-cord. Only the address is the playground's; py-cord asks it for the gateway's."""

import io
import json
import os

import discord
from discord.http import Route

Route.API_BASE_URL = f"{os.environ['PLAYGROUND_URL']}/api/v10"


class Form(discord.ui.Modal):
    def __init__(self) -> None:
        super().__init__(discord.ui.InputText(label="Name", custom_id="name"), title="About you")

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"hello {self.children[0].value}")


class Panel(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, _button: discord.ui.Button, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content="again")

    @discord.ui.button(label="Ask", custom_id="ask")
    async def ask(self, _button: discord.ui.Button, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(
        custom_id="pick", options=[discord.SelectOption(label="red"), discord.SelectOption(label="green")]
    )
    async def pick(self, select: discord.ui.Select, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}", ephemeral=True)


bot = discord.AutoShardedBot(
    intents=discord.Intents.all() if "PRIVILEGED" in os.environ else discord.Intents.default(),
    shard_count=int(os.environ.get("SHARDS", "1")),
    activity=discord.Activity(type=discord.ActivityType.watching, name="letters"),
    status=discord.Status.idle,
)
seen: list[str] = []


@bot.event
async def on_ready() -> None:
    seen.append("ready")


@bot.event
async def on_message(message: discord.Message) -> None:
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
async def on_raw_reaction_add(payload: discord.RawReactionActionEvent) -> None:
    if payload.user_id == bot.user.id:
        return
    message = await bot.get_channel(payload.channel_id).fetch_message(payload.message_id)
    await message.add_reaction("👍")
    await message.reply(f"{payload.emoji} by {payload.member.display_name}")


@bot.event
async def on_raw_member_remove(payload: discord.RawMemberRemoveEvent) -> None:
    seen.append(f"leave {payload.user.name}")


@bot.event
async def on_presence_update(_before: discord.Member, after: discord.Member) -> None:
    seen.append(f"presence {after.name} {after.status}")


async def styles(context: discord.AutocompleteContext) -> list[str]:
    return [style for style in ("bold", "book", "thin") if style.startswith(context.value)]


@bot.slash_command(description="Draws a picture")
@discord.option("image", discord.Attachment)
@discord.option(
    "palette", str, choices=[discord.OptionChoice("Blue", "blue"), discord.OptionChoice("Pink", "pink")]
)
@discord.option("style", str, autocomplete=styles)
@discord.option("columns", int, min_value=8, max_value=128)
async def draw(
    context: discord.ApplicationContext,
    image: discord.Attachment,
    palette: str = "blue",
    style: str = "bold",
    columns: int = 64,
) -> None:
    await context.defer()
    data = await image.read()
    await context.edit(
        content=f"{image.filename} {len(data)} {palette} {style} {columns}",
        file=discord.File(io.BytesIO(data), "result.png"),
        view=Panel(),
    )


@bot.user_command(name="Greet")
async def greet(context: discord.ApplicationContext, member: discord.Member) -> None:
    await context.respond(f"hello {member.display_name}")


@bot.message_command(name="Quote")
async def quote(context: discord.ApplicationContext, message: discord.Message) -> None:
    await context.respond(f"> {message.content}")


@bot.slash_command(description="Fetches what there is")
async def fetch(context: discord.ApplicationContext, message: str) -> None:
    await context.defer(ephemeral=True)
    guild = await bot.fetch_guild(context.guild_id)
    channel = await bot.fetch_channel(context.channel_id)
    found = await channel.fetch_message(int(message))
    member = await guild.fetch_member(context.author.id)
    mine = [guild.name async for guild in bot.fetch_guilds()]
    await context.respond(
        f"{guild.name}, {channel.name}, {found.content}, {member.display_name}, {', '.join(mine)}"
    )


@bot.slash_command(description="Asks the gateway for members")
async def members(context: discord.ApplicationContext, query: str) -> None:
    found = await context.guild.query_members(query, limit=5)
    await context.respond(" ".join(sorted(member.name for member in found)))


@bot.slash_command(description="Writes to you alone")
async def whisper(context: discord.ApplicationContext) -> None:
    await context.author.send("psst")
    await context.respond("sent", ephemeral=True)


@bot.slash_command(description="Tells what the bot saw")
async def report(context: discord.ApplicationContext) -> None:
    saw = {"latency_ms": round(bot.latency * 1000), "seen": seen}
    await context.respond(json.dumps(saw), ephemeral=True)


bot.run(os.environ["TOKEN"])
