"""Paths become few routes: no id, token or emoji is ever a label."""

import pytest
from prometheus_client import REGISTRY

from jobs.observability.metrics import discord_answered, route_of

TOKEN = "aW50ZXJhY3Rpb246MTIzOnNlY3JldA.x-Y_z"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/v10/gateway", "/gateway"),
        ("/api/v10/users/@me", "/users/@me"),
        ("/api/v10/applications/10/commands", "/applications/{id}/commands"),
        (f"/api/v10/interactions/10/{TOKEN}/callback", "/interactions/{id}/{token}/callback"),
        (f"/api/v10/webhooks/10/{TOKEN}/messages/@original", "/webhooks/{id}/{token}/messages/@original"),
        (f"webhooks/10/{TOKEN}/messages/@original", "/webhooks/{id}/{token}/messages/@original"),
        (f"/webhooks/10/{TOKEN}", "/webhooks/{id}/{token}"),
        ("/somewhere/api/v10/channels/20/messages/30", "/channels/{id}/messages/{id}"),
        (
            "channels/20/messages/30/reactions/%F0%9F%A9%B7/@me",
            "/channels/{id}/messages/{id}/reactions/{emoji}/@me",
        ),
    ],
)
def test_routes(path: str, route: str) -> None:
    assert route_of(path) == route


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"glyphcord_{name}", labels) or 0.0


def test_a_429_counts_with_the_time_it_asks_for() -> None:
    route = "/channels/{id}/messages"
    before = value("discord_rate_limit_seconds_total", route=route)
    discord_answered("POST", "/api/v10/channels/20/messages", 429, 1.5)
    discord_answered("POST", "/api/v10/channels/20/messages", 200, 9.0)
    discord_answered("POST", "/api/v10/channels/20/messages", None)
    assert value("discord_rate_limit_seconds_total", route=route) == before + 1.5
    for status in ("429", "200", "none"):
        assert value("discord_requests_total", method="POST", route=route, status=status) >= 1
