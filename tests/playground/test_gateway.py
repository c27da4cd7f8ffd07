"""The gateway, spoken to frame by frame: compression, intents, resuming, and every way to be hung up on."""

from __future__ import annotations

import time
from contextlib import suppress

import aiohttp
import pytest

from playground.gateway.gateway import ACK_AFTER_S
from playground.server import Playground
from playground.state.seed import ASCII_CHANNEL, BOT_ID, GUILD_ID, MIA_ID, STAFF_CHANNEL, TOKEN
from tests.playground.raw import INTENTS, Hangup, Rest, Socket, connect, eventually

MESSAGES = f"/channels/{ASCII_CHANNEL}/messages"


@pytest.mark.parametrize("compress", [None, "zlib-stream", "zstd-stream"])
async def test_identify_under_each_compression(playground: Playground, rest: Rest, compress: str | None) -> None:
    async with connect(playground, compress) as socket:
        ready = await socket.identify()
        assert ready["user"]["id"] == BOT_ID and ready["resume_gateway_url"] == playground.gateway.url
        guild = await socket.event("GUILD_CREATE")
        assert guild["id"] == GUILD_ID and len(guild["channels"]) == 6 and guild["unavailable"] is False
        await rest("POST", MESSAGES, {"content": "ünïcode 🩷"})
        assert (await socket.event("MESSAGE_CREATE"))["content"] == "ünïcode 🩷"
        await socket.send(1, socket.seq)
        assert (await socket.receive())["op"] == 11


async def test_a_heartbeat_is_acknowledged_as_over_a_network(playground: Playground) -> None:
    """discord.py notes when it sent only afterwards; an answer before that it takes for one of the beat before."""
    async with connect(playground) as socket:
        sent = time.monotonic()
        await socket.send(1, None)
        while (await socket.receive())["op"] != 11:
            pass
        assert time.monotonic() - sent >= ACK_AFTER_S / 2


async def hangup_code(socket: Socket) -> int | None:
    with pytest.raises(Hangup) as caught:
        while True:
            await socket.receive()
    return caught.value.code


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong", "intents": 0}, 4004),
        (6, {"token": "wrong", "session_id": "x", "seq": 1}, 4004),
        (2, {"token": TOKEN}, 4013),
        (2, {"token": TOKEN, "intents": 1 << 40}, 4013),
        (2, {"token": TOKEN, "intents": 1 << 15}, 4014),
        (2, {"token": TOKEN, "intents": 0, "shard": [2, 2]}, 4010),
        (3, {}, 4003),
        (99, {}, 4001),
        (2, "nonsense", 4002),
    ],
)
async def test_close_codes(playground: Playground, op: int, data: object, code: int) -> None:
    async with connect(playground) as socket:
        await socket.receive()
        await socket.send(op, data)
        assert await hangup_code(socket) == code


async def test_more_close_codes(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.ws.send_str("{")
        assert await hangup_code(socket) == 4002
    async with connect(playground) as socket:
        await socket.identify()
        await socket.send(2, {"token": TOKEN, "intents": 0})
        assert await hangup_code(socket) == 4005
    async with connect(playground) as socket:
        for _ in range(121):
            await socket.send(1, None)
        assert await hangup_code(socket) == 4008
    async with aiohttp.ClientSession() as session, session.ws_connect(playground.gateway.url + "?v=6") as ws:
        await ws.receive()
        assert ws.close_code == 4012


async def test_a_client_without_heartbeats_is_hung_up_on() -> None:
    async with Playground(heartbeat_interval_s=0.2) as playground, connect(playground) as socket:
        with suppress(Hangup):  # on a slow machine this comes before it has got READY
            await socket.identify()
        assert await hangup_code(socket) == 4009


async def test_intents_decide_what_is_told(playground: Playground, rest: Rest) -> None:
    async with connect(playground) as all_of_it, connect(playground) as reactions_only:
        await all_of_it.identify()
        await reactions_only.identify(intents=1 << 10)
        made = (await rest("POST", MESSAGES, {"content": "x"})).body
        playground.world.reactions.add(playground.world.messages[made["id"]], "🩷", MIA_ID)
        assert (await reactions_only.receive())["t"] == "MESSAGE_REACTION_ADD"
        assert (await all_of_it.event("MESSAGE_CREATE"))["id"] == made["id"]
        reaction = await all_of_it.event("MESSAGE_REACTION_ADD")
        assert reaction["message_author_id"] == BOT_ID and reaction["member"]["user"]["id"] == MIA_ID
        assert (reaction["emoji"], reaction["type"]) == ({"id": None, "name": "🩷"}, 0)


async def test_a_hidden_channel_is_silent(playground: Playground, rest: Rest) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        playground.world.messages.post(STAFF_CHANNEL, MIA_ID, {"content": "secret"}, {})
        await rest("POST", MESSAGES, {"content": "open"})
        assert (await socket.event("MESSAGE_CREATE"))["channel_id"] == ASCII_CHANNEL


async def test_shards_share_out_the_guild(playground: Playground) -> None:
    mine = (int(GUILD_ID) >> 22) % 2
    async with connect(playground) as with_guild, connect(playground) as without:
        assert len((await with_guild.identify(shard=[mine, 2]))["guilds"]) == 1
        assert (await without.identify(shard=[1 - mine, 2]))["guilds"] == []


async def test_members_can_be_asked_for(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.send(8, {"guild_id": GUILD_ID, "user_ids": [MIA_ID, "7"], "nonce": "n"})
        chunk = await socket.event("GUILD_MEMBERS_CHUNK")
        assert [m["user"]["id"] for m in chunk["members"]] == [MIA_ID]
        assert (chunk["not_found"], chunk["nonce"]) == (["7"], "n")


async def lose(playground: Playground, socket: Socket) -> None:
    playground.gateway.drop_all()
    await hangup_code(socket)
    await eventually(lambda: playground.gateway.connected() == 0)


async def test_resume_replays_what_was_missed_once(playground: Playground, rest: Rest) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.event("GUILD_CREATE")
        await lose(playground, socket)
    await rest("POST", MESSAGES, {"content": "missed"})
    async with connect(playground) as again:
        await again.receive()
        await again.send(6, {"token": TOKEN, "session_id": socket.session_id, "seq": socket.seq})
        missed = await again.receive()
        assert missed["t"] == "MESSAGE_CREATE" and missed["s"] == (socket.seq or 0) + 1
        assert (await again.receive())["t"] == "RESUMED"
        await rest("POST", MESSAGES, {"content": "live"})
        assert (await again.event("MESSAGE_CREATE"))["content"] == "live"


async def resume(playground: Playground, session_id: str, seq: int | None) -> dict[str, object]:
    async with connect(playground) as socket:
        await socket.receive()
        await socket.send(6, {"token": TOKEN, "session_id": session_id, "seq": seq})
        return await socket.receive()


async def test_what_cannot_be_resumed_is_op_9(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await lose(playground, socket)
    assert (await resume(playground, "unknown", 1))["op"] == 9
    playground.clock.advance(181)
    assert (await resume(playground, socket.session_id, socket.seq))["op"] == 9


async def test_a_clean_close_ends_the_session(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.ws.close(code=1000)
    await eventually(lambda: not playground.gateway.sessions)
    answer = await resume(playground, socket.session_id, socket.seq)
    assert (answer["op"], answer["d"]) == (9, False)


async def test_a_seq_from_the_future_is_4007(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await lose(playground, socket)
    with pytest.raises(Hangup) as caught:
        await resume(playground, socket.session_id, 999)
    assert caught.value.code == 4007


async def test_orders_from_a_test(playground: Playground) -> None:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.event("GUILD_CREATE")
        playground.gateway.reconnect_all()
        assert (await socket.receive())["op"] == 7
        playground.gateway.invalidate_all()
        invalid = await socket.receive()
        assert (invalid["op"], invalid["d"]) == (9, False)
        await socket.send(2, {"token": TOKEN, "intents": INTENTS})  # on the same connection, as allowed
        assert (await socket.event("READY"))["session_id"] != socket.session_id


async def test_hello_says_how_often_to_beat(playground: Playground) -> None:
    async with connect(playground) as socket:
        assert (await socket.receive())["d"]["heartbeat_interval"] == 41250
