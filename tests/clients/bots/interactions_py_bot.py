"""A typical bot on interactions.py. Only the address is the playground's; the library asks it for the gateway's."""

import io
import json
import os

import aiohttp
import interactions
from interactions.api.events import MemberRemove, MessageCreate, MessageReactionAdd, PresenceUpdate, Ready
from interactions.api.http.route import Route

Route.BASE = f"{os.environ['PLAYGROUND_URL']}/api/v10"
client = interactions.AutoShardedClient if "SHARDS" in os.environ else interactions.Client
more = {"total_shards": int(os.environ["SHARDS"])} if "SHARDS" in os.environ else {}
bot = client(
    intents=interactions.Intents.ALL if "PRIVILEGED" in os.environ else interactions.Intents.DEFAULT,
    activity=interactions.Activity(name="letters", type=interactions.ActivityType.WATCHING),
    status=interactions.Status.IDLE,
    send_command_tracebacks=False,
    **more,
)
seen: list[str] = []
PANEL = [
    interactions.ActionRow(
        interactions.Button(style=interactions.ButtonStyle.PRIMARY, label="Again", custom_id="again"),
        interactions.Button(style=interactions.ButtonStyle.PRIMARY, label="Ask", custom_id="ask"),
    ),
    interactions.ActionRow(interactions.StringSelectMenu("red", "green", custom_id="pick")),
]


@interactions.listen(Ready)
async def on_ready() -> None:
    seen.append("ready")


@interactions.listen(MessageCreate)
async def on_message(event: MessageCreate) -> None:
    message = event.message
    if message.author.id == bot.user.id:
        return
    if message.guild is None:
        await message.channel.trigger_typing()
        await message.reply(f"you wrote {message.content}")
    elif bot.user.id in message._mention_ids:
        await message.channel.trigger_typing()
        await message.reply("pong")
    elif message.content:
        await message.channel.send(f"read {message.content}")


@interactions.listen(MessageReactionAdd)
async def on_reaction(event: MessageReactionAdd) -> None:
    if event.author.id == bot.user.id:
        return
    channel = await bot.fetch_channel(event.message.channel.id)
    message = await channel.fetch_message(event.message.id, force=True)
    await message.add_reaction("👍")
    await message.reply(f"{event.emoji.name} by {event.author.display_name}")


@interactions.listen(MemberRemove)
async def on_leave(event: MemberRemove) -> None:
    seen.append(f"leave {event.member.username}")


@interactions.listen(PresenceUpdate)
async def on_presence(event: PresenceUpdate) -> None:
    seen.append(f"presence {event.user.username} {event.status.value}")


@interactions.slash_command("draw", description="Draws a picture")
@interactions.slash_option("image", "A picture", interactions.OptionType.ATTACHMENT, required=True)
@interactions.slash_option(
    "palette",
    "Its colours",
    interactions.OptionType.STRING,
    choices=[interactions.SlashCommandChoice(name, name.lower()) for name in ("Blue", "Pink")],
)
@interactions.slash_option("style", "Its letters", interactions.OptionType.STRING, autocomplete=True)
@interactions.slash_option("columns", "Its width", interactions.OptionType.INTEGER, min_value=8, max_value=128)
async def draw(
    ctx: interactions.SlashContext,
    image: interactions.Attachment,
    palette: str = "blue",
    style: str = "bold",
    columns: int = 64,
) -> None:
    await ctx.defer()
    async with aiohttp.ClientSession() as session, session.get(image.url) as answer:
        data = await answer.read()
    await ctx.edit(
        content=f"{image.filename} {len(data)} {palette} {style} {columns}",
        file=interactions.File(io.BytesIO(data), "result.png"),
        components=PANEL,
    )


@draw.autocomplete("style")
async def styles(ctx: interactions.AutocompleteContext) -> None:
    await ctx.send([style for style in ("bold", "book", "thin") if style.startswith(ctx.input_text)])


@interactions.component_callback("again")
async def again(ctx: interactions.ComponentContext) -> None:
    await ctx.edit_origin(content="again")


@interactions.component_callback("ask")
async def ask(ctx: interactions.ComponentContext) -> None:
    field = interactions.ShortText(label="Name", custom_id="name")
    await ctx.send_modal(interactions.Modal(field, title="About you", custom_id="form"))


@interactions.component_callback("pick")
async def pick(ctx: interactions.ComponentContext) -> None:
    await ctx.send(f"picked {ctx.values[0]}", ephemeral=True)


@interactions.modal_callback("form")
async def form(ctx: interactions.ModalContext, name: str) -> None:
    await ctx.send(f"hello {name}")


@interactions.user_context_menu("Greet")
async def greet(ctx: interactions.ContextMenuContext) -> None:
    await ctx.send(f"hello {ctx.target.display_name}")


@interactions.message_context_menu("Quote")
async def quote(ctx: interactions.ContextMenuContext) -> None:
    await ctx.send(f"> {ctx.target.content}")


@interactions.slash_command("fetch", description="Fetches what there is")
@interactions.slash_option("message", "Its id", interactions.OptionType.STRING, required=True)
async def fetch(ctx: interactions.SlashContext, message: str) -> None:
    await ctx.defer(ephemeral=True)
    guild = await bot.fetch_guild(ctx.guild_id, force=True)
    channel = await bot.fetch_channel(ctx.channel_id, force=True)
    found = await channel.fetch_message(int(message), force=True)
    member = await guild.fetch_member(ctx.author.id, force=True)
    mine = [guild["name"] for guild in await bot.http.get_user_guilds()]
    await ctx.send(f"{guild.name}, {channel.name}, {found.content}, {member.display_name}, {', '.join(mine)}")


@interactions.slash_command("members", description="Asks the gateway for members")
@interactions.slash_option("query", "How they begin", interactions.OptionType.STRING, required=True)
async def members(ctx: interactions.SlashContext, query: str) -> None:
    await bot.get_guild_websocket(ctx.guild_id).request_member_chunks(ctx.guild_id, query, limit=5)
    await bot.wait_for("raw_guild_members_chunk", timeout=30)
    await ctx.guild.chunked.wait()
    found = [member.username for member in ctx.guild.members if member.username.startswith(query)]
    await ctx.send(" ".join(sorted(found)))


@interactions.slash_command("whisper", description="Writes to you alone")
async def whisper(ctx: interactions.SlashContext) -> None:
    await ctx.author.send("psst")
    await ctx.send("sent", ephemeral=True)


@interactions.slash_command("report", description="Tells what the bot saw")
async def report(ctx: interactions.SlashContext) -> None:
    latency = 0 if bot.latency == float("inf") else round(bot.latency * 1000)
    await ctx.send(json.dumps({"latency_ms": latency, "seen": seen}), ephemeral=True)


bot.start(os.environ["TOKEN"])
