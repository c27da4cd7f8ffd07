"""hikari, which shares no code with discord.py: what works for both is the protocol and not one library's habit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import hikari
import hikari.urls
import pytest
import pytest_asyncio

from playground.server import Playground
from playground.state.seed import APPLICATION_ID, ASCII_CHANNEL, GUILD_ID, MIA_ID, TOKEN
from playground.testing import Controls
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import eventually

IMAGE = {"image": ("cat.png", PNG_3X2, "image/png")}


@pytest_asyncio.fixture
async def bot(playground: Playground) -> AsyncIterator[hikari.GatewayBot]:
    """Logged in, with /ascii registered, which it defers and fills; hearts are answered with a reply."""
    intents = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.GUILD_MESSAGE_REACTIONS
    client = hikari.GatewayBot(
        TOKEN,
        rest_url=f"{playground.url}/api/v10",
        intents=intents,
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
    )

    @client.listen(hikari.InteractionCreateEvent)
    async def used(event: hikari.InteractionCreateEvent) -> None:
        interaction = event.interaction
        if isinstance(interaction, hikari.CommandInteraction):
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
            assert interaction.resolved is not None
            (attachment,) = interaction.resolved.attachments.values()
            data = await attachment.read()
            row = client.rest.build_message_action_row()
            row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
            await interaction.edit_initial_response(
                f"{len(data)} bytes", attachment=hikari.Bytes(PNG_3X2, "r.png"), component=row
            )
        elif isinstance(interaction, hikari.ComponentInteraction):
            await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "pressed")

    @client.listen(hikari.GuildReactionAddEvent)
    async def reacted(event: hikari.GuildReactionAddEvent) -> None:
        assert event.is_for_emoji("🩷")
        await client.rest.create_message(
            event.channel_id, "in pink", attachment=hikari.Bytes(PNG_3X2, "p.png"), reply=event.message_id
        )

    await client.start(check_for_updates=False)
    option = hikari.CommandOption(
        type=hikari.OptionType.ATTACHMENT, name="image", description="A picture", is_required=True
    )
    command = client.rest.slash_command_builder("ascii", "A picture in letters").add_option(option)
    await client.rest.set_application_commands(int(APPLICATION_ID), [command])
    try:
        yield client
    finally:
        await client.close()


async def test_it_knows_its_guild(bot: hikari.GatewayBot) -> None:
    await eventually(lambda: bot.cache.get_guild(int(GUILD_ID)))
    guild = bot.cache.get_guild(int(GUILD_ID))
    assert guild is not None and guild.name == "Playground"
    assert [channel.name for channel in guild.get_channels().values()] == [
        "ascii",
        "general",
        "quiet",
        "staff",
        "news",
        "showcase",
    ]
    assert (await bot.rest.fetch_my_user()).username == "glyphcord"


async def test_a_slash_command_all_the_way(bot: hikari.GatewayBot, controls: Controls) -> None:
    used = await asyncio.to_thread(controls.slash, "ascii", files=IMAGE)
    answer = await asyncio.to_thread(controls.wait_for_answer, used)
    assert answer["content"] == f"{len(PNG_3X2)} bytes"
    assert await asyncio.to_thread(controls.fetch, answer["attachments"][0]["url"]) == PNG_3X2
    await asyncio.to_thread(controls.click, answer["id"], "again")

    def contents() -> list[str]:
        return [message["content"] for message in controls.messages()]

    async def until(wanted: list[str]) -> None:
        async with asyncio.timeout(60):
            while await asyncio.to_thread(contents) != wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    await until(["pressed"])
    await asyncio.to_thread(controls.react, answer["id"])
    await until(["pressed", "in pink"])
    reply = (await asyncio.to_thread(controls.messages))[-1]
    assert reply["message_reference"]["message_id"] == answer["id"]
    fetched = await bot.rest.fetch_message(int(ASCII_CHANNEL), int(answer["id"]))
    assert fetched.interaction_metadata is not None and [str(r.emoji) for r in fetched.reactions] == ["🩷"]
    assert str(fetched.interaction_metadata.user.id) == MIA_ID


async def test_errors_are_its_own(bot: hikari.GatewayBot, playground: Playground) -> None:
    with pytest.raises(hikari.NotFoundError) as caught:
        await bot.rest.fetch_message(int(ASCII_CHANNEL), 1)
    assert caught.value.code == 10008
    with pytest.raises(hikari.BadRequestError):
        await bot.rest.create_message(int(ASCII_CHANNEL), "x" * 2001)
    playground.faults.add({"method": "POST", "path": "/messages$", "status": 429, "retry_after": 0.2})
    assert (await bot.rest.create_message(int(ASCII_CHANNEL), "patient")).content == "patient"
