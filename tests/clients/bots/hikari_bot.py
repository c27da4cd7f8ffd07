"""A typical bot on hikari. Only the address is the playground's; hikari asks it for the gateway's."""

import asyncio
import json
import os

import hikari

INTENTS = hikari.Intents.ALL if "PRIVILEGED" in os.environ else hikari.Intents.ALL_UNPRIVILEGED
bot = hikari.GatewayBot(
    os.environ["TOKEN"], rest_url=f"{os.environ['PLAYGROUND_URL']}/api/v10", intents=INTENTS, banner=None
)
seen: list[str] = []


def panel() -> list[hikari.api.ComponentBuilder]:
    buttons = bot.rest.build_message_action_row()
    buttons.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
    buttons.add_interactive_button(hikari.ButtonStyle.PRIMARY, "ask", label="Ask")
    menu = bot.rest.build_message_action_row()
    menu.add_text_menu("pick").add_option("red", "red").add_option("green", "green")
    return [buttons, menu]


@bot.listen()
async def on_started(_event: hikari.StartedEvent) -> None:
    application = await bot.rest.fetch_application()
    option = hikari.CommandOption
    kinds = hikari.OptionType
    palettes = [hikari.CommandChoice(name=name, value=name.lower()) for name in ("Blue", "Pink")]
    draw = bot.rest.slash_command_builder("draw", "Draws a picture")
    draw.add_option(option(type=kinds.ATTACHMENT, name="image", description="A picture", is_required=True))
    draw.add_option(option(type=kinds.STRING, name="palette", description="Its colours", choices=palettes))
    draw.add_option(option(type=kinds.STRING, name="style", description="Its letters", autocomplete=True))
    draw.add_option(option(type=kinds.INTEGER, name="columns", description="Its width", min_value=8, max_value=128))
    fetch = bot.rest.slash_command_builder("fetch", "Fetches what there is")
    fetch.add_option(option(type=kinds.STRING, name="message", description="Its id", is_required=True))
    members = bot.rest.slash_command_builder("members", "Asks the gateway for members")
    members.add_option(option(type=kinds.STRING, name="query", description="How they begin", is_required=True))
    whisper = bot.rest.slash_command_builder("whisper", "Writes to you alone")
    report = bot.rest.slash_command_builder("report", "Tells what the bot saw")
    greet = bot.rest.context_menu_command_builder(hikari.CommandType.USER, "Greet")
    quote = bot.rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Quote")
    await bot.rest.set_application_commands(application, [draw, fetch, members, whisper, report, greet, quote])


@bot.listen()
async def on_ready(_event: hikari.ShardReadyEvent) -> None:
    seen.append("ready")


@bot.listen()
async def on_direct(event: hikari.DMMessageCreateEvent) -> None:
    if event.is_human:
        await bot.rest.trigger_typing(event.channel_id)
        await event.message.respond(f"you wrote {event.content}", reply=True)


@bot.listen()
async def on_message(event: hikari.GuildMessageCreateEvent) -> None:
    if not event.is_human:
        return
    if bot.get_me().id in (event.message.user_mentions_ids or ()):
        await bot.rest.trigger_typing(event.channel_id)
        await event.message.respond("pong", reply=True)
    elif event.content:
        await event.message.respond(f"read {event.content}")


@bot.listen()
async def on_reaction(event: hikari.GuildReactionAddEvent) -> None:
    if event.user_id == bot.get_me().id:
        return
    message = await bot.rest.fetch_message(event.channel_id, event.message_id)
    await message.add_reaction("👍")
    await message.respond(f"{event.emoji_name} by {event.member.display_name}", reply=True)


@bot.listen()
async def on_leave(event: hikari.MemberDeleteEvent) -> None:
    seen.append(f"leave {event.user.username}")


@bot.listen()
async def on_presence(event: hikari.PresenceUpdateEvent) -> None:
    member = event.get_user()
    seen.append(f"presence {member.username} {event.presence.visible_status.value}")


@bot.listen()
async def on_autocomplete(event: hikari.AutocompleteInteractionCreateEvent) -> None:
    (focused,) = [option for option in event.interaction.options if option.is_focused]
    found = [style for style in ("bold", "book", "thin") if style.startswith(str(focused.value))]
    await event.interaction.create_response([hikari.impl.AutocompleteChoiceBuilder(s, s) for s in found])


@bot.listen()
async def on_component(event: hikari.ComponentInteractionCreateEvent) -> None:
    interaction = event.interaction
    if interaction.custom_id == "again":
        await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "again")
    elif interaction.custom_id == "ask":
        row = bot.rest.build_modal_action_row()
        row.add_text_input("name", "Name")
        await interaction.create_modal_response("About you", "form", component=row)
    else:
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_CREATE,
            f"picked {interaction.values[0]}",
            flags=hikari.MessageFlag.EPHEMERAL,
        )


@bot.listen()
async def on_modal(event: hikari.ModalInteractionCreateEvent) -> None:
    name = event.interaction.components[0].components[0].value
    await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, f"hello {name}")


@bot.listen()
async def on_command(event: hikari.CommandInteractionCreateEvent) -> None:
    interaction = event.interaction
    options = {option.name: option.value for option in interaction.options or ()}
    answer = hikari.ResponseType.MESSAGE_CREATE
    match interaction.command_name:
        case "draw":
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
            image = interaction.resolved.attachments[options["image"]]
            data = await image.read()
            told = f"{options.get('palette', 'blue')} {options.get('style', 'bold')} {options.get('columns', 64)}"
            await interaction.edit_initial_response(
                f"{image.filename} {len(data)} {told}",
                attachment=hikari.Bytes(data, "result.png"),
                components=panel(),
            )
        case "Greet":
            member = interaction.resolved.members[interaction.target_id]
            await interaction.create_initial_response(answer, f"hello {member.display_name}")
        case "Quote":
            message = interaction.resolved.messages[interaction.target_id]
            await interaction.create_initial_response(answer, f"> {message.content}")
        case "fetch":
            await interaction.create_initial_response(
                hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=hikari.MessageFlag.EPHEMERAL
            )
            guild = await bot.rest.fetch_guild(interaction.guild_id)
            channel = await bot.rest.fetch_channel(interaction.channel_id)
            found = await bot.rest.fetch_message(channel.id, int(options["message"]))
            member = await bot.rest.fetch_member(guild.id, interaction.user.id)
            mine = [guild.name async for guild in bot.rest.fetch_my_guilds()]
            await interaction.edit_initial_response(
                f"{guild.name}, {channel.name}, {found.content}, {member.display_name}, {', '.join(mine)}"
            )
        case "members":
            chunk = asyncio.ensure_future(bot.wait_for(hikari.MemberChunkEvent, 30))
            await asyncio.sleep(0)  # so that it listens before it asks
            await bot.request_guild_members(interaction.guild_id, query=options["query"], limit=5)
            names = sorted(member.username for member in (await chunk).members.values())
            await interaction.create_initial_response(answer, " ".join(names))
        case "whisper":
            await interaction.user.send("psst")
            await interaction.create_initial_response(answer, "sent", flags=hikari.MessageFlag.EPHEMERAL)
        case "report":
            latency = bot.heartbeat_latency * 1000
            saw = {"latency_ms": round(latency) if latency == latency else 0, "seen": seen}  # noqa: PLR0124
            await interaction.create_initial_response(answer, json.dumps(saw), flags=hikari.MessageFlag.EPHEMERAL)


bot.run(
    activity=hikari.Activity(name="letters", type=hikari.ActivityType.WATCHING),
    status=hikari.Status.IDLE,
    shard_count=int(os.environ.get("SHARDS", "1")),
    check_for_updates=False,
)
