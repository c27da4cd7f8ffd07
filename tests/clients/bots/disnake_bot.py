"""A typical bot on disnake. Only the address is the playground's; disnake asks it for the gateway's."""

import io
import json
import os

import disnake
from disnake.ext import commands
from disnake.http import Route

Route.BASE = f"{os.environ['PLAYGROUND_URL']}/api/v10"


class Form(disnake.ui.Modal):
    def __init__(self) -> None:
        super().__init__(
            title="About you", custom_id="form", components=[disnake.ui.TextInput(label="Name", custom_id="name")]
        )

    async def callback(self, inter: disnake.ModalInteraction) -> None:
        await inter.response.send_message(f"hello {inter.text_values['name']}")


class Panel(disnake.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @disnake.ui.button(label="Again", custom_id="again")
    async def again(self, _button: disnake.ui.Button, inter: disnake.MessageInteraction) -> None:
        await inter.response.edit_message(content="again")

    @disnake.ui.button(label="Ask", custom_id="ask")
    async def ask(self, _button: disnake.ui.Button, inter: disnake.MessageInteraction) -> None:
        await inter.response.send_modal(Form())

    @disnake.ui.string_select(custom_id="pick", options=["red", "green"])
    async def pick(self, select: disnake.ui.StringSelect, inter: disnake.MessageInteraction) -> None:
        await inter.response.send_message(f"picked {select.values[0]}", ephemeral=True)


bot = commands.AutoShardedInteractionBot(
    intents=disnake.Intents.all() if "PRIVILEGED" in os.environ else disnake.Intents.default(),
    shard_count=int(os.environ.get("SHARDS", "1")),
    activity=disnake.Activity(type=disnake.ActivityType.watching, name="letters"),
    status=disnake.Status.idle,
)
seen: list[str] = []


@bot.event
async def on_ready() -> None:
    seen.append("ready")


@bot.event
async def on_message(message: disnake.Message) -> None:
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
async def on_raw_reaction_add(payload: disnake.RawReactionActionEvent) -> None:
    if payload.user_id == bot.user.id:
        return
    message = await bot.get_channel(payload.channel_id).fetch_message(payload.message_id)
    await message.add_reaction("👍")
    await message.reply(f"{payload.emoji} by {payload.member.display_name}")


@bot.event
async def on_raw_member_remove(payload: disnake.RawGuildMemberRemoveEvent) -> None:
    seen.append(f"leave {payload.user.name}")


@bot.event
async def on_presence_update(_before: disnake.Member, after: disnake.Member) -> None:
    seen.append(f"presence {after.name} {after.status}")


@bot.slash_command(description="Draws a picture")
async def draw(
    inter: disnake.ApplicationCommandInteraction,
    image: disnake.Attachment,
    palette: str = commands.Param("blue", choices={"Blue": "blue", "Pink": "pink"}),
    style: str = "bold",
    columns: int = commands.Param(64, ge=8, le=128),
) -> None:
    await inter.response.defer()
    data = await image.read()
    await inter.edit_original_response(
        content=f"{image.filename} {len(data)} {palette} {style} {columns}",
        file=disnake.File(io.BytesIO(data), "result.png"),
        view=Panel(),
    )


@draw.autocomplete("style")
async def styles(_inter: disnake.ApplicationCommandInteraction, current: str) -> list[str]:
    return [style for style in ("bold", "book", "thin") if style.startswith(current)]


@bot.user_command(name="Greet")
async def greet(inter: disnake.UserCommandInteraction, member: disnake.Member) -> None:
    await inter.response.send_message(f"hello {member.display_name}")


@bot.message_command(name="Quote")
async def quote(inter: disnake.MessageCommandInteraction, message: disnake.Message) -> None:
    await inter.response.send_message(f"> {message.content}")


@bot.slash_command(description="Fetches what there is")
async def fetch(inter: disnake.ApplicationCommandInteraction, message: str) -> None:
    await inter.response.defer(ephemeral=True)
    guild = await bot.fetch_guild(inter.guild_id)
    channel = await bot.fetch_channel(inter.channel_id)
    found = await channel.fetch_message(int(message))
    member = await guild.fetch_member(inter.author.id)
    mine = [guild.name async for guild in bot.fetch_guilds()]
    await inter.edit_original_response(
        f"{guild.name}, {channel.name}, {found.content}, {member.display_name}, {', '.join(mine)}"
    )


@bot.slash_command(description="Asks the gateway for members")
async def members(inter: disnake.ApplicationCommandInteraction, query: str) -> None:
    found = await inter.guild.query_members(query, limit=5)
    await inter.response.send_message(" ".join(sorted(member.name for member in found)))


@bot.slash_command(description="Writes to you alone")
async def whisper(inter: disnake.ApplicationCommandInteraction) -> None:
    await inter.author.send("psst")
    await inter.response.send_message("sent", ephemeral=True)


@bot.slash_command(description="Tells what the bot saw")
async def report(inter: disnake.ApplicationCommandInteraction) -> None:
    saw = {"latency_ms": round(bot.latency * 1000), "seen": seen}
    await inter.response.send_message(json.dumps(saw), ephemeral=True)


bot.run(os.environ["TOKEN"])
