"""What a bot asks of the gateway, the privileged intents, and the doors that other libraries come in by."""

from __future__ import annotations

import json

import aiohttp
import pytest

from playground.server import Playground
from playground.state.seed import (
    ASCII_CHANNEL,
    BOT_ID,
    CHANNELS,
    GUILD_ID,
    MIA_ID,
    MOD_ID,
    SAM_ID,
    TOKEN,
    VOICE,
    Channel,
)
from playground.testing import Controls
from tests.playground.bot import Bot, point_at, running
from tests.playground.raw import BOT, INTENTS, Hangup, Rest, connect, control, eventually
from tests.playground.test_gateway import hangup_code

MEMBERS, PRESENCES, CONTENT = 1 << 1, 1 << 8, 1 << 15
MESSAGES = f"/channels/{ASCII_CHANNEL}/messages"


async def grant(playground: Playground, **more: object) -> None:
    intents = {"members": True, "presences": True, "message_content": True}
    await control(playground, "POST", "/application", {"intents": intents, **more})


@pytest.mark.parametrize(
    ("asked", "names", "not_found"),
    [
        ({"query": "M", "limit": 5}, ["mod", "mia"], None),
        ({"query": "m", "limit": 1}, ["mod"], None),
        ({"query": "nobody", "limit": 5}, [], None),
        ({"user_ids": [MIA_ID, "7"]}, ["mia"], ["7"]),
        ({"user_ids": int(MIA_ID), "guild_id": int(GUILD_ID)}, ["mia"], None),  # discord.py's ids are numbers
    ],
)
async def test_members_are_sent_in_chunks(
    playground: Playground, asked: dict[str, object], names: list[str], not_found: list[str] | None
) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.send(8, {"guild_id": GUILD_ID, "nonce": "n", **asked})
        chunk = await socket.event("GUILD_MEMBERS_CHUNK")
        assert [member["user"]["username"] for member in chunk["members"]] == names
        assert (chunk.get("not_found"), chunk["nonce"]) == (not_found, "n")
        assert (chunk["chunk_index"], chunk["chunk_count"]) == (0, 1) and "presences" not in chunk


async def test_all_members_and_presences_need_their_intents(playground: Playground) -> None:
    for asked in ({"query": "", "limit": 0}, {"query": "m", "limit": 1, "presences": True}):
        async with connect(playground) as socket:
            await socket.identify()
            await socket.send(8, {"guild_id": GUILD_ID, **asked})
            assert await hangup_code(socket) == 4014
    await grant(playground)
    async with connect(playground) as socket:
        await socket.identify(intents=INTENTS | MEMBERS | PRESENCES)
        await socket.send(8, {"guild_id": GUILD_ID, "query": "", "limit": 0, "presences": True, "nonce": "n" * 33})
        chunk = await socket.event("GUILD_MEMBERS_CHUNK")
        assert len(chunk["members"]) == len(chunk["presences"]) == 5 and "nonce" not in chunk
        half = {"guild_id": GUILD_ID, "query": "", "limit": 1, "nonce": "half a pair \ud83e"}
        await socket.send(8, half)
        assert (await socket.event("GUILD_MEMBERS_CHUNK"))["nonce"] == half["nonce"]


@pytest.mark.parametrize(
    ("op", "data"),
    [
        (8, {"guild_id": GUILD_ID}),
        (8, {"guild_id": GUILD_ID, "query": 7, "limit": 0}),
        (3, {"status": "sleeping"}),
        (3, {"status": "idle", "activities": [{"type": 3}]}),
        (4, {"guild_id": GUILD_ID}),
        (31, {}),
        (1, "x" * 4096),
    ],
)
async def test_a_malformed_request_is_4002(playground: Playground, op: int, data: object) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.send(op, data)
        assert await hangup_code(socket) == 4002


async def test_sounds_are_told(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.send(31, {"guild_ids": [GUILD_ID]})
        assert await socket.event("SOUNDBOARD_SOUNDS") == {"guild_id": GUILD_ID, "soundboard_sounds": []}


async def test_a_voice_channel_has_no_server(playground: Playground) -> None:
    """Into a text channel nobody gets, into a voice channel the bot does; but no server takes its sound."""
    CHANNELS["159"] = Channel("159", "talk", None, 9, kind=VOICE)
    async with connect(playground) as socket:
        await socket.identify()
        for channel in (ASCII_CHANNEL, "159"):
            await socket.send(
                4, {"guild_id": GUILD_ID, "channel_id": channel, "self_mute": True, "self_deaf": False}
            )
        state = await socket.event("VOICE_STATE_UPDATE")
        assert (state["channel_id"], state["user_id"], state["self_mute"]) == ("159", BOT_ID, True)
        assert (await socket.event("VOICE_SERVER_UPDATE"))["endpoint"] is None


async def test_presences_are_told_to_whom_may_know(playground: Playground, controls: Controls) -> None:
    await grant(playground)
    async with connect(playground) as knows, connect(playground) as bot:
        await knows.identify(intents=INTENTS | PRESENCES)
        guild = await knows.event("GUILD_CREATE")
        assert {one["user"]["id"] for one in guild["presences"]} >= {MIA_ID, SAM_ID}
        assert len(guild["members"]) == 5
        await bot.identify(presence={"status": "dnd", "activities": [], "since": 0, "afk": False})
        unknowing = await bot.event("GUILD_CREATE")
        assert [member["user"]["id"] for member in unknowing["members"]] == [BOT_ID]
        assert unknowing["presences"] == [] and unknowing["member_count"] == 5
        while (told := await knows.event("PRESENCE_UPDATE"))["status"] != "dnd":
            pass
        assert told["user"] == {"id": BOT_ID} and told["client_status"] == {"web": "dnd"}
        activity = {"type": 3, "name": "letters", "created_at": 1}
        await bot.send(3, {"status": "idle", "activities": [activity], "since": None, "afk": False})
        told = await knows.event("PRESENCE_UPDATE")
        (shown,) = told["activities"]
        assert (told["status"], shown["type"], shown["name"]) == ("idle", 3, "letters")
        assert shown["created_at"] > 10**12  # milliseconds; hikari needs it
        await control(playground, "POST", "/presence", {"user_id": MIA_ID, "status": "offline"})
        assert (await knows.event("PRESENCE_UPDATE"))["user"]["id"] == MIA_ID
        presences = (await control(playground, "GET", "/state"))["presences"]
        assert (presences[BOT_ID]["status"], presences[MIA_ID]["status"]) == ("idle", "offline")
    await eventually(lambda: playground.world.presences.of(BOT_ID)["status"] == "offline")


async def test_counts_are_of_those_who_are_there(playground: Playground, rest: Rest) -> None:
    await control(playground, "POST", "/presence", {"user_id": MIA_ID, "status": "offline"})
    (mine,) = (await rest("GET", "/users/@me/guilds?with_counts=true")).body
    assert (mine["approximate_member_count"], mine["approximate_presence_count"]) == (5, 3)  # nor is the bot
    for page in (f"after={GUILD_ID}", f"before={GUILD_ID}"):  # hikari asks until a page is empty
        assert (await rest("GET", f"/users/@me/guilds?{page}")).body == []
    (bare,) = (await rest("GET", "/users/@me/guilds")).body
    assert "approximate_member_count" not in bare


async def test_the_portal_grants_privileged_intents(playground: Playground, rest: Rest) -> None:
    wanted = INTENTS | MEMBERS | PRESENCES | CONTENT
    async with connect(playground) as socket:
        with pytest.raises(Hangup):
            await socket.identify(intents=wanted)
        assert socket.ws.close_code == 4014
    await grant(playground)
    flags = (await rest("GET", "/applications/@me")).body["flags"]
    assert flags == 1 << 13 | 1 << 15 | 1 << 19
    async with connect(playground) as socket:
        assert (await socket.identify(intents=wanted))["application"]["flags"] == flags
    without = (await rest("PATCH", "/applications/@me", {"flags": 1 << 15})).body
    assert without["flags"] == 1 << 15
    shown = await control(playground, "GET", "/application")
    assert shown["intents"] == {"members": True, "presences": False, "message_content": False}


async def test_who_may_read_messages(playground: Playground, rest: Rest) -> None:
    """Granted and asked for: everything. Granted, not asked for: by REST alone, and what is meant for the bot."""
    await grant(playground)
    async with connect(playground) as reads, connect(playground) as does_not:
        await reads.identify(intents=INTENTS | CONTENT)
        await does_not.identify(intents=INTENTS)
        for words in ("among us", f"<@{BOT_ID}> look"):
            playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": words}, {})
        first = await reads.event("MESSAGE_CREATE")
        assert (
            first["content"] == "among us" and first["channel_type"] == 0
        )  # discord.js knows by it what a channel is
        assert (await does_not.event("MESSAGE_CREATE"))["content"] == ""
        assert (await does_not.event("MESSAGE_CREATE"))["content"] == f"<@{BOT_ID}> look"
        assert (await rest("GET", f"{MESSAGES}/{first['id']}")).body["content"] == "among us"
        playground.world.messages.post(
            ASCII_CHANNEL, MIA_ID, {"content": "I mean", "message_reference": {"message_id": first["id"]}}, {}
        )
        assert (await does_not.event("MESSAGE_CREATE"))["referenced_message"]["content"] == ""


async def test_members_events_need_the_intent_but_for_the_bot_itself(playground: Playground) -> None:
    await grant(playground)
    async with connect(playground) as knows, connect(playground) as does_not:
        await knows.identify(intents=INTENTS | MEMBERS)
        await does_not.identify(intents=INTENTS)
        for user in (MIA_ID, BOT_ID):
            playground.world.events.emit("GUILD_MEMBER_UPDATE", {"guild_id": GUILD_ID, "user": {"id": user}})
        assert (await knows.event("GUILD_MEMBER_UPDATE"))["user"]["id"] == MIA_ID
        assert (await does_not.event("GUILD_MEMBER_UPDATE"))["user"]["id"] == BOT_ID


async def test_typing_is_told_with_its_intent(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify(intents=INTENTS | 1 << 11)
        await control(playground, "POST", "/typing", {"user_id": MOD_ID})
        told = await socket.event("TYPING_START")
        assert (told["user_id"], told["channel_id"]) == (MOD_ID, ASCII_CHANNEL)
        assert told["member"]["user"]["username"] == "mod"


async def test_starts_are_counted_and_may_be_held_to_their_limit(playground: Playground, rest: Rest) -> None:
    async def limit() -> dict[str, int]:
        found: dict[str, int] = (await rest("GET", "/gateway/bot")).body["session_start_limit"]
        return found

    assert await limit() == {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    await control(playground, "POST", "/application", {"max_concurrency": 2})
    identify = {"token": TOKEN, "intents": 0, "shard": [2, 3]}
    async with connect(playground) as first, connect(playground) as second, connect(playground) as third:
        await first.identify(shard=[0, 3])
        await second.identify(shard=[1, 3])
        await third.receive()
        await third.send(2, identify)
        assert (await third.receive())["op"] == 9
        now = await limit()
        assert (now["remaining"], now["max_concurrency"]) == (998, 2) and now["reset_after"] > 86_000_000
        playground.clock.advance(5)
        await third.send(2, identify)
        await third.event("READY")
    playground.clock.advance(86_400)
    assert (await limit())["remaining"] == 1000


async def test_latency_is_right(pointed: None) -> None:
    """Not the time since the heartbeat before, which is what discord.py takes an answer for that comes at once."""
    interval = 1.0
    async with Playground(heartbeat_interval_s=interval) as playground:
        point_at(playground.url)
        async with running(Bot(), playground.gateway.token) as bot:
            measured: set[float] = set()
            # Python's `or` of None: each look adds what the client believes now.
            await eventually(lambda: measured.add(bot.latency) or len(measured) > 3)  # type: ignore[func-returns-value]
            assert sorted(measured)[1] < interval, measured


@pytest.mark.parametrize("base", ["/api", "/api/v9", "/api/v10"])
async def test_versions_that_bots_use(playground: Playground, base: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": BOT}) as session:
        async with session.get(f"{playground.url}{base}/users/@me") as answer:
            assert (await answer.json())["id"] == BOT_ID
        async with session.get(f"{playground.url}/api/v5/users/@me") as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 50041)


async def test_a_form_without_files_is_a_body_too(playground: Playground) -> None:
    """py-cord answers interactions so."""
    form = {"payload_json": json.dumps({"content": "as a form"})}
    headers = {"Authorization": BOT}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{playground.url}/api/v10{MESSAGES}", data=form) as answer,
    ):
        assert (await answer.json())["content"] == "as a form"


async def test_the_gateway_with_a_slash(playground: Playground) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(playground.gateway.url + "/?v=10") as ws:
        assert (await ws.receive_json())["op"] == 10


async def test_an_option_without_limits_may_say_so(bot: object, playground: Playground, rest: Rest) -> None:
    option = {"type": 3, "name": "words", "description": "Words", "min_length": None, "max_length": None}
    command = {"name": "say", "description": "Says", "options": [option]}
    assert (await rest("POST", f"/applications/{BOT_ID}/commands", command)).status == 201
    await control(playground, "POST", "/slash", {"command": "say", "options": {"words": "x"}})
