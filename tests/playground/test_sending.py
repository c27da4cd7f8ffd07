"""What the gateway sends when it is a great deal, and what is kept."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import aiohttp
import pytest

from playground.gateway import connection, gateway
from playground.gateway.frames import as_frame, event_payload
from playground.json_bytes import as_json
from playground.server import Playground
from playground.state import interactions, messages
from playground.state.seed import ASCII_CHANNEL, BOT_ID, MIA_ID
from tests.playground.raw import Presser, connect, control, eventually

CONTENT = f"<@{BOT_ID}> hello 🩷"


def test_a_frame_has_its_length_as_rfc_6455_says() -> None:
    assert b"".join(as_frame(b"x" * 125, is_text=True)) == b"\x81\x7d" + b"x" * 125
    assert b"".join(as_frame(b"x" * 126, is_text=False)) == b"\x82\x7e\x00\x7e" + b"x" * 126
    assert as_frame(b"x" * 65_536, is_text=True)[0] == b"\x81\x7f" + (65_536).to_bytes(8, "big")


def test_a_payload_is_json_whatever_is_in_it() -> None:
    data = {"content": 'half of 🩷: \ud83e, "quoted"', "n": None}
    payload = event_payload(3, 'ODD "NAME', as_json(data))
    assert json.loads(payload) == {"op": 0, "t": 'ODD "NAME', "s": 3, "d": data}


@pytest.mark.parametrize("compress", [None, "zlib-stream", "zstd-stream"])
async def test_ten_sessions_hear_everything_in_order_and_it_is_made_once(
    playground: Playground, monkeypatch: pytest.MonkeyPatch, compress: str | None
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connect(playground, compress)) for _ in range(10)]
        for socket in sockets:
            await socket.identify()
        made: list[bytes] = []

        def counted(data: object) -> bytes:
            made.append(as_json(data))
            return made[-1]

        monkeypatch.setattr(gateway, "as_json", counted)
        for number in range(50):
            playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": f"{CONTENT} {number}"}, {})
        for socket in sockets:
            heard = [(await socket.event("MESSAGE_CREATE"))["content"] for _ in range(50)]
            assert heard == [f"{CONTENT} {number}" for number in range(50)]
        assert len(made) == 50


async def test_a_client_that_does_not_read_is_dropped_and_others_are_served(
    playground: Playground, bot: Presser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_WAITING", 2_000_000)
    async with aiohttp.ClientSession() as http, http.ws_connect(playground.gateway.url + "?v=10") as deaf:
        identify = {"token": playground.gateway.token, "intents": 1 << 9, "properties": {}}
        await deaf.send_json({"op": 2, "d": identify})
        await eventually(lambda: playground.gateway.connected() == 2)
        assert deaf._response.connection is not None and deaf._response.connection.transport is not None
        deaf._response.connection.transport.pause_reading()
        for number in range(4000):
            if playground.gateway.connected() == 1:
                break
            playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": CONTENT + "x" * 1900}, {})
            await asyncio.sleep(0)
            assert (await bot.socket.event("MESSAGE_CREATE"))["content"].startswith(CONTENT), number
        await eventually(lambda: playground.gateway.connected() == 1)


async def test_old_messages_interactions_and_their_files_are_let_go(
    playground: Playground, bot: Presser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_MESSAGES", 3)
    monkeypatch.setattr(interactions, "MOST_INTERACTIONS", 2)
    for number in range(5):
        await control(playground, "POST", "/message", {"content": str(number)})
        await bot.used()
    world = playground.world
    assert [message.content for message in world.messages.values()] == ["2", "3", "4"]
    assert len(world.interactions) == 2
    monkeypatch.setattr(messages, "MOST_BYTES", 100)
    form = aiohttp.FormData({"payload": "{}"})
    form.add_field("f", b"x" * 99, filename="f.bin")
    async with aiohttp.ClientSession() as http:
        for _ in range(2):
            await (await http.post(f"{playground.url}/playground/message", data=form())).read()
    assert world.files.size == 99 and len(world.files) == 1 and len(world.messages) == 1
