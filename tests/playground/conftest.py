"""A playground inside the test's own event loop, so that a test can see its state and move its clock directly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import discord.asset
import discord.gateway
import discord.http
import pytest
import pytest_asyncio

from playground.server import Playground
from playground.testing import Controls
from tests.playground.bot import point_at
from tests.playground.described import wrong_answers
from tests.playground.raw import Json, Presser, Rest, connect

COMMANDS = [
    {
        "name": "ascii",
        "description": "A picture in letters",
        "options": [
            {"type": 11, "name": "image", "description": "The picture"},
            {
                "type": 3,
                "name": "palette",
                "description": "Colours",
                "choices": [{"name": "Blue", "value": "blue"}, {"name": "Pink", "value": "pink"}],
            },
            {"type": 4, "name": "columns", "description": "Width", "min_value": 8, "max_value": 128},
            {"type": 5, "name": "private", "description": "Only for me"},
        ],
    },
    {
        "name": "model",
        "description": "The model",
        "default_member_permissions": "0",
        "options": [{"type": 1, "name": "reload", "description": "Load it again", "options": []}],
    },
    {"name": "Make ASCII", "type": 3},
]


@pytest_asyncio.fixture
async def playground() -> AsyncIterator[Playground]:
    async with Playground() as running:
        yield running


@pytest.fixture
def described(playground: Playground) -> Iterator[None]:
    """Every answer that a test is given must fit Discord's own description."""
    yield
    assert not wrong_answers(playground.recorder.recent)


@pytest.fixture
def events(playground: Playground) -> list[tuple[str, Json]]:
    """What the gateway is given to dispatch, by name."""
    heard: list[tuple[str, Json]] = []
    playground.world.events.on_event.append(lambda name, data: heard.append((name, data)))
    return heard


@pytest.fixture
def pointed(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py talks to the playground for the length of a test."""
    monkeypatch.setattr(discord.http.Route, "BASE", "")  # so that monkeypatch puts the originals back
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", "")
    monkeypatch.setattr(discord.asset.Asset, "BASE", "")
    point_at(playground.url)
    discord.asset.Asset.BASE = playground.url + "/cdn"


@pytest.fixture
def controls(playground: Playground) -> Controls:
    """Blocking: call it through asyncio.to_thread, for the playground runs in this very loop."""
    return Controls(playground.url)


@pytest_asyncio.fixture
async def rest(playground: Playground) -> AsyncIterator[Rest]:
    async with aiohttp.ClientSession() as session:
        yield Rest(playground.url, session)


@pytest_asyncio.fixture
async def bot(playground: Playground, rest: Rest) -> AsyncIterator[Presser]:
    """Connected, with COMMANDS registered."""
    async with connect(playground) as socket:
        await socket.identify()
        done = await rest("PUT", f"/applications/{(await rest('GET', '/users/@me')).body['id']}/commands", COMMANDS)
        assert done.status == 200, done.body
        yield Presser(playground, rest, socket, done.body)
