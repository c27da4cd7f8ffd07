"""The real discord.py client, unmodified, on the playground: the reason for the playground to exist."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import discord
import discord.gateway
import discord.http
import pytest
import pytest_asyncio
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from playground.server import Playground, PublicNames
from playground.state.seed import (
    ADA_ID,
    APPLICATION_ID,
    ASCII_CHANNEL,
    BOT_ID,
    GUILD_ID,
    MIA_ID,
    MODERATOR_ROLE,
    ROLES,
    TOKEN,
)
from playground.testing import Controls
from tests.fork_server import forked_playground
from tests.playground.bot import Bot, picture, point_at, running
from tests.playground.described import hold_against_discords_description
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import control, eventually

IMAGE = {"image": ("cat.png", PNG_3X2, "image/png")}
REPOSITORY = Path(__file__).parents[2]


@pytest_asyncio.fixture
async def bot(playground: Playground, pointed: None) -> AsyncIterator[Bot]:
    async with running(Bot(), TOKEN) as logged_in:
        yield logged_in


def channel(bot: Bot) -> discord.TextChannel:
    found = bot.get_channel(int(ASCII_CHANNEL))
    assert isinstance(found, discord.TextChannel)
    return found


async def test_it_logs_in_and_knows_its_guild(bot: Bot) -> None:
    assert bot.user is not None and str(bot.user.id) == BOT_ID
    guild = bot.get_guild(int(GUILD_ID))
    assert guild is not None and str(guild.owner_id) == ADA_ID
    assert [c.name for c in guild.text_channels] == ["ascii", "general", "quiet", "staff", "news"]
    assert channel(bot).permissions_for(guild.me).attach_files
    owner = (await bot.application_info()).owner
    assert str(owner.id) == ADA_ID
    assert {c.name for c in await bot.tree.fetch_commands()} == {"ascii", "model", "Make ASCII"}


async def test_a_picture_all_the_way(bot: Bot, controls: Controls, playground: Playground) -> None:
    used = await asyncio.to_thread(controls.slash, "ascii", {"palette": "pink"}, files=IMAGE)
    await eventually(lambda: bot.events("answered"))
    assert bot.fetched == [PNG_3X2]
    assert bot.interactions[0].filesize_limit == 10 * 1024 * 1024
    answer = await asyncio.to_thread(controls.wait_for_answer, used)
    assert (answer["content"], answer["attachments"][0]["width"], answer["edits"]) == ("done", 3, 1)
    await eventually(lambda: all(int(answer["id"]) in bot.events(kind) for kind in ("message", "edit")))
    followup = (await asyncio.to_thread(controls.messages))[-1]
    assert followup["content"] == "and more" and followup["interaction_id"] == used["interaction_id"]
    # The heart, and a reply as the pink version would come.
    await asyncio.to_thread(controls.react, answer["id"])
    await eventually(lambda: (int(answer["id"]), "🩷", int(MIA_ID)) in bot.events("reaction"))
    message = await channel(bot).fetch_message(int(answer["id"]))
    assert [str(r.emoji) for r in message.reactions] == ["🩷"]
    reply = await message.reply(file=picture("p.png"), nonce="once", mention_author=False)
    again = await message.reply(file=picture("p.png"), nonce="once", mention_author=False)
    assert reply.id == again.id and reply.reference is not None
    await reply.edit(content="better", attachments=[*reply.attachments, picture("q.png")])
    assert [a.filename for a in (await reply.fetch()).attachments] == ["p.png", "q.png"]
    await reply.add_reaction("✅")
    await reply.remove_reaction("✅", discord.Object(int(BOT_ID)))
    await reply.delete()
    with pytest.raises(discord.NotFound):
        await reply.fetch()
    # The button, pressed twice: the second press finds its state in the new custom_id.
    for n in (1, 2):
        await asyncio.to_thread(controls.click, answer["id"], f"again:{n}")
        await eventually(lambda n=n: playground.world.messages[answer["id"]].content == f"again {n}")


async def test_mentions_of_roles_and_people_that_are_allowed(bot: Bot) -> None:
    moderators = channel(bot).guild.get_role(int(MODERATOR_ROLE))
    assert moderators is not None
    ROLES[MODERATOR_ROLE].mentionable = True
    text, mia = f"{moderators.mention} <@{MIA_ID}>", discord.Object(int(MIA_ID))
    for allowed, roles, people in (
        (discord.AllowedMentions.all(), [moderators], [mia.id]),
        (discord.AllowedMentions(users=[mia], roles=[moderators]), [moderators], [mia.id]),
        (discord.AllowedMentions(users=False, roles=False), [], []),
    ):
        message = await channel(bot).send(text, allowed_mentions=allowed)
        assert (message.role_mentions, [one.id for one in message.mentions]) == (roles, people)


async def test_private_answers_and_subcommands_and_menus(bot: Bot, controls: Controls) -> None:
    used = await asyncio.to_thread(controls.slash, "ascii", {"private": True}, files=IMAGE)
    answer = await asyncio.to_thread(controls.wait_for_answer, used)
    assert answer["ephemeral_to"] == MIA_ID
    reload = await asyncio.to_thread(controls.slash, "model reload", user=ADA_ID)
    said = await asyncio.to_thread(controls.wait_for_answer, reload)
    assert (said["content"], said["ephemeral_to"]) == ("reloaded for ada", ADA_ID)
    message_id = await asyncio.to_thread(controls.message, "look", files=IMAGE)
    menu = await asyncio.to_thread(controls.slash, "Make ASCII", target=message_id)
    assert (await asyncio.to_thread(controls.wait_for_answer, menu))["content"] == "1 to do"


async def test_a_lost_connection_is_resumed_and_the_reaction_not_missed(
    bot: Bot, controls: Controls, playground: Playground
) -> None:
    message = await channel(bot).send("react to me")
    playground.faults.add({"path": "^/gateway", "delay_s": 0.5})
    await control(playground, "POST", "/gateway", {"action": "drop"})
    await eventually(lambda: playground.gateway.connected() == 0)
    playground.world.reactions.add(playground.world.messages[str(message.id)], "🩷", MIA_ID)
    assert not bot.events("reaction")
    await eventually(lambda: bot.events("resumed"))
    await eventually(lambda: bot.events("reaction"))
    assert bot.events("reaction") == [(message.id, "🩷", int(MIA_ID))]
    assert len(bot.events("ready")) == 1


async def test_op_7_is_obeyed(bot: Bot, controls: Controls, playground: Playground) -> None:
    (before,) = (await asyncio.to_thread(controls.state))["connections"]
    await control(playground, "POST", "/gateway", {"action": "reconnect"})
    await eventually(lambda: bot.events("resumed"))
    state = await asyncio.to_thread(controls.state)
    assert state["sessions"] == 1 and before not in state["connections"]
    await channel(bot).send("still here")
    await eventually(lambda: bot.events("message"))


async def test_op_9_makes_it_identify_anew(bot: Bot, playground: Playground) -> None:
    """discord.py sleeps five seconds before it identifies again."""
    old = set(playground.gateway.sessions)
    await control(playground, "POST", "/gateway", {"action": "invalid_session"})
    await eventually(lambda: len(bot.events("ready")) == 2)
    assert not bot.events("resumed") and not old & set(playground.gateway.sessions)


async def test_an_ordered_429_is_waited_out(bot: Bot, playground: Playground) -> None:
    playground.faults.add({"method": "POST", "path": "/messages$", "status": 429, "retry_after": 0.2})
    await channel(bot).send("patient")
    statuses = [e.get("status", e.get("injected_status")) for e in playground.recorder.recent]
    assert statuses[-2:] == [429, 200]


async def test_a_bucket_is_kept_to_by_its_headers(bot: Bot, playground: Playground) -> None:
    """Six messages where five are allowed: discord.py reads the headers and never runs into a 429."""
    await asyncio.gather(*(channel(bot).send(str(n)) for n in range(6)))
    assert [e["status"] for e in playground.recorder.recent if e["method"] == "POST"] == [200] * 6


async def test_an_expired_token_is_50027(bot: Bot, controls: Controls, playground: Playground) -> None:
    await asyncio.to_thread(controls.slash, "ascii", files=IMAGE)
    await eventually(lambda: bot.events("answered"))
    playground.clock.advance(15 * 60)
    with pytest.raises(discord.HTTPException) as caught:
        await bot.interactions[0].edit_original_response(content="late")
    assert (caught.value.status, caught.value.code) == (401, 50027)


async def test_too_late_and_twice(bot: Bot, controls: Controls, playground: Playground) -> None:
    await asyncio.to_thread(controls.slash, "ascii", files=IMAGE)
    await eventually(lambda: bot.events("answered"))
    first = bot.interactions[0]
    again = discord.Interaction(data=_as_event(first), state=bot._connection)
    with pytest.raises(discord.HTTPException) as caught:
        await again.response.defer()
    assert caught.value.code == 40060
    playground.world.interactions[str(first.id)].acknowledged = False
    playground.clock.advance(4)
    late = discord.Interaction(data=_as_event(first), state=bot._connection)
    with pytest.raises(discord.NotFound) as not_found:
        await late.response.defer()
    assert not_found.value.code == 10062


def _as_event(interaction: discord.Interaction) -> Any:
    return {
        "id": str(interaction.id),
        "token": interaction.token,
        "type": 2,
        "version": 1,
        "application_id": APPLICATION_ID,
        "attachment_size_limit": 1,
        "channel": {"id": ASCII_CHANNEL, "type": 0},
    }


async def test_a_wrong_token_is_told_apart(playground: Playground, pointed: None) -> None:
    with pytest.raises(discord.LoginFailure):
        async with running(Bot(), "wrong"):
            pass
    client = Bot()
    await client.login(TOKEN)
    client.http.token = "revoked meanwhile"
    with pytest.raises(discord.ConnectionClosed) as caught:
        await client.connect(reconnect=True)
    assert caught.value.code == 4004
    await client.close()


async def test_privileged_intents_are_not_granted(playground: Playground, pointed: None) -> None:
    client = discord.Client(intents=discord.Intents.all())
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await client.start(TOKEN)
    await client.close()


class DiscordIsHere(AbstractResolver):
    """Every name of Discord's leads to the playground's port."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        assert host.endswith((".com", ".gg")), host
        found = ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=family, proto=0, flags=0)
        return [found]

    async def close(self) -> None:
        pass


async def test_nothing_patched_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord's own names, TLS and all: only the resolver and the trusted CA differ from the real thing."""
    assert discord.http.Route.BASE == "https://discord.com/api/v10"
    names = PublicNames.discord()
    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*sorted(names.hosts)).configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)
    async with Playground(tls=server_side, names=names) as playground:
        connector = aiohttp.TCPConnector(
            resolver=DiscordIsHere(playground.port), ssl=client_side, family=socket.AF_INET
        )
        async with running(Bot(connector=connector), TOKEN) as bot:
            world = playground.world
            sent = await channel(bot).send("hello", file=picture("a.png"))
            assert sent.attachments[0].url.startswith("https://cdn.discordapp.com/attachments/")
            assert await sent.attachments[0].read() == PNG_3X2
            world.reactions.add(world.messages[str(sent.id)], "🩷", MIA_ID)
            await eventually(lambda: bot.events("reaction"))


@pytest.mark.parametrize("flag", ["--zlib", "--zstd"])
def test_both_compressions_in_a_process_of_its_own(flag: str) -> None:
    with forked_playground() as process:
        command = [sys.executable, "-m", "tests.playground.bot", flag]
        environment = {**os.environ, **process.environment()}
        with subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
        ) as program:
            assert program.stdout is not None
            try:
                assert program.stdout.readline() == f"compression: {flag.removeprefix('--')}-stream\n"
                used = process.controls.slash("ascii", files=IMAGE)
                assert process.controls.wait_for_answer(used)["content"] == "done"
                assert program.wait(60) == 0
            finally:
                program.kill()


async def test_the_record_stands_up_to_discords_own_description(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything a bot does, recorded, and held against Discord's OpenAPI description, answers included."""
    record = tmp_path / "exchange.jsonl"
    async with Playground(record=record) as playground:
        await _everything(playground, monkeypatch)
    lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    assert TOKEN not in record.read_text(encoding="utf-8")
    routes = {(line["method"], line["path"].split("/")[3]) for line in lines}
    assert {
        ("PUT", "applications"),
        ("POST", "interactions"),
        ("PATCH", "webhooks"),
        ("PATCH", "channels"),
    } <= routes
    await hold_against_discords_description(record)


async def _everything(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "")
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", "")
    point_at(playground.url)
    controls = Controls(playground.url)
    world = playground.world
    async with running(Bot(), TOKEN) as bot:
        used = await asyncio.to_thread(controls.slash, "ascii", {"palette": "pink"}, files=IMAGE)
        await eventually(lambda: bot.events("answered"))
        answer = await asyncio.to_thread(controls.wait_for_answer, used)
        interaction = bot.interactions[0]
        await interaction.original_response()
        followup = await interaction.followup.send("one more", wait=True)
        await followup.edit(content="one less", attachments=[picture("e.png")])
        await interaction.followup.fetch_message(followup.id)
        await followup.delete()
        await asyncio.to_thread(controls.click, answer["id"], "again:1")
        await eventually(lambda: world.messages[answer["id"]].content == "again 1")
        reload = await asyncio.to_thread(controls.slash, "model reload", user=ADA_ID)
        message_id = await asyncio.to_thread(controls.message, "look", files=IMAGE)
        menu = await asyncio.to_thread(controls.slash, "Make ASCII", target=message_id)
        for asked in (reload, menu):
            await asyncio.to_thread(controls.wait_for_answer, asked)
        text = channel(bot)
        await text.typing()
        embed = discord.Embed(title="t", description="d").set_image(url="attachment://i.png")
        sent = await text.send("words", embed=embed, file=picture("i.png"), silent=True)
        reply = await sent.reply("reply", nonce="7")
        await reply.add_reaction("🩷")
        world.reactions.add(world.messages[str(reply.id)], "🩷", MIA_ID)
        fetched = await text.fetch_message(reply.id)
        assert {user.id async for user in fetched.reactions[0].users()} == {int(BOT_ID), int(MIA_ID)}
        await fetched.remove_reaction("🩷", discord.Object(int(BOT_ID)))
        assert [m.id async for m in text.history(limit=2)] == [reply.id, sent.id]
        await sent.edit(content="other words", attachments=[])
        await reply.delete()
        for refused in (text.fetch_message(1), text.send(""), sent.reply("x" * 2001)):
            with pytest.raises(discord.HTTPException):
                await refused
        guild = await bot.fetch_guild(int(GUILD_ID))
        await guild.fetch_roles()
        await guild.fetch_member(int(MIA_ID))
        await guild.fetch_channels()
        await bot.fetch_channel(int(ASCII_CHANNEL))
        await bot.fetch_user(int(ADA_ID))
        await bot.application_info()
        assert [g.id async for g in bot.fetch_guilds()] == [guild.id]
        await bot.http.get_bot_gateway()
        (command, *_) = await bot.tree.fetch_commands()
        await bot.tree.fetch_command(command.id)
        await bot.tree.sync(guild=discord.Object(int(GUILD_ID)))
        await command.delete()
        with pytest.raises(discord.NotFound):
            await bot.tree.fetch_command(command.id)
        playground.clock.advance(1000)
        with pytest.raises(discord.HTTPException):
            await interaction.edit_original_response(content="late")
        # Faults stay out of what is held against the description.
        playground.faults.add({"path": "/users/", "status": 404})
        with pytest.raises(discord.NotFound):
            await bot.fetch_user(int(ADA_ID))
