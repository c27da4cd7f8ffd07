"""The attributes that `bot.gateway.endpoints` sets are still where the installed discord.py looks."""

import inspect
from collections.abc import Iterator

import pytest
from discord import asset, gateway, http
from discord.webhook import async_
from yarl import URL

from bot.gateway.endpoints import point_at


def first_gateway() -> URL:
    return gateway.DiscordWebSocket.DEFAULT_GATEWAY


@pytest.fixture
def _put_back() -> Iterator[None]:
    base, default, files = http.Route.BASE, gateway.DiscordWebSocket.DEFAULT_GATEWAY, asset.Asset.BASE
    yield
    http.Route.BASE, gateway.DiscordWebSocket.DEFAULT_GATEWAY, asset.Asset.BASE = base, default, files


def test_the_attributes_exist_with_the_types_we_set() -> None:
    assert http.Route.BASE == "https://discord.com/api/v10"
    assert first_gateway() == URL("wss://gateway.discord.gg/")
    assert asset.Asset.BASE == "https://cdn.discordapp.com"
    # The first connection is made to DEFAULT_GATEWAY unless a gateway is given, and a plain client gives none.
    assert "gateway or cls.DEFAULT_GATEWAY" in inspect.getsource(gateway.DiscordWebSocket.from_client)


@pytest.mark.usefixtures("_put_back")
def test_every_kind_of_call_goes_to_the_new_base() -> None:
    point_at("http://127.0.0.1:8080/api/v10", "ws://127.0.0.1:8080/gateway")
    assert http.Route("GET", "/users/@me").url == "http://127.0.0.1:8080/api/v10/users/@me"
    # Interactions and their responses take the same class.
    assert vars(async_)["Route"] is http.Route
    assert first_gateway() == URL("ws://127.0.0.1:8080/gateway")


@pytest.mark.usefixtures("_put_back")
def test_without_a_gateway_address_discords_own_stays() -> None:
    point_at("http://127.0.0.1:8080/api/v10", None)
    assert first_gateway() == URL("wss://gateway.discord.gg/")


@pytest.mark.usefixtures("_put_back")
def test_stickers_come_from_the_only_origin_that_is_named() -> None:
    point_at("http://127.0.0.1:8080/api/v10", None, frozenset({("http", "127.0.0.1", 8080)}))
    assert asset.Asset.BASE == "http://127.0.0.1:8080"
    point_at("http://127.0.0.1:8080/api/v10", None, frozenset({("http", "a", 80), ("http", "b", 80)}))
    assert asset.Asset.BASE == "http://127.0.0.1:8080"
