"""Invites, with Discord's errors and events."""

from __future__ import annotations

import pytest

from playground.server import Playground
from playground.state.permissions import CREATE_INSTANT_INVITE, MANAGE_CHANNELS, MANAGE_GUILD
from playground.state.seed import (
    ASCII_CHANNEL,
    BOT_ID,
    BOT_ROLE,
    CHANNELS,
    GUILD_ID,
    MEMBERS,
    STAFF_CHANNEL,
    Overwrite,
)
from tests.playground.raw import Json, Rest, control, empower, refused

pytestmark = pytest.mark.usefixtures("described")
INVITES = f"/channels/{ASCII_CHANNEL}/invites"


async def test_invites_are_made_listed_and_deleted(rest: Rest, events: list[tuple[str, Json]]) -> None:
    made = (await rest("POST", INVITES, {})).body
    assert (made["max_age"], made["max_uses"], made["uses"]) == (86400, 0, 0) and made["expires_at"]
    assert (made["inviter"]["id"], made["channel"]["id"], made["guild"]["id"]) == (BOT_ID, ASCII_CHANNEL, GUILD_ID)
    assert not [name for name, _ in events if name == "INVITE_CREATE"]  # it does not manage the channel
    assert (await rest("POST", INVITES, {})).body["code"] == made["code"]
    one = f"/invites/{made['code']}"
    assert refused(await rest("DELETE", one)) == (403, 50013)
    assert refused(await rest("GET", INVITES)) == (403, 50013)
    assert refused(await rest("GET", f"/guilds/{GUILD_ID}/invites")) == (403, 50013)
    empower(MANAGE_CHANNELS | MANAGE_GUILD)
    other = (await rest("POST", INVITES, {"unique": True, "max_age": 0, "max_uses": 5})).body
    assert other["code"] != made["code"] and other["expires_at"] is None
    created = next(data for name, data in events if name == "INVITE_CREATE")
    assert (created["code"], created["max_uses"], created["channel_id"]) == (other["code"], 5, ASCII_CHANNEL)
    for path in (INVITES, f"/guilds/{GUILD_ID}/invites"):
        assert [invite["code"] for invite in (await rest("GET", path)).body] == [made["code"], other["code"]]
    seen = (await rest("GET", f"{one}?with_counts=true", token=None)).body
    assert seen["approximate_member_count"] == len(MEMBERS) and "uses" not in seen
    assert (await rest("DELETE", one)).body["code"] == made["code"]
    where = {"channel_id": ASCII_CHANNEL, "guild_id": GUILD_ID, "code": made["code"]}
    assert ("INVITE_DELETE", where) in events
    assert refused(await rest("GET", one)) == (404, 10006)


async def test_an_invite_has_an_end(playground: Playground, rest: Rest) -> None:
    code = (await rest("POST", INVITES, {"max_age": 60})).body["code"]
    playground.clock.advance(61)
    assert refused(await rest("GET", f"/invites/{code}")) == (404, 10006)


async def test_an_invite_is_used_up(playground: Playground, rest: Rest) -> None:
    empower(MANAGE_CHANNELS)
    code = (await rest("POST", INVITES, {"max_uses": 2})).body["code"]
    await control(playground, "POST", "/join", {"username": "kim", "invite": code})
    assert (await rest("GET", INVITES)).body[0]["uses"] == 1
    await control(playground, "POST", "/join", {"username": "lee", "invite": code})
    assert refused(await rest("GET", f"/invites/{code}")) == (404, 10006)


@pytest.mark.parametrize(
    ("channel", "body", "status", "code"),
    [
        (ASCII_CHANNEL, {"max_age": 5184001}, 400, 50035),
        (ASCII_CHANNEL, {"max_uses": 101}, 400, 50035),
        (ASCII_CHANNEL, {"temporary": "maybe"}, 400, 50035),
        (STAFF_CHANNEL, {}, 403, 50001),
        ("160000000000000001", {}, 400, 50024),
    ],
)
async def test_invites_that_cannot_be(rest: Rest, channel: str, body: Json, status: int, code: int) -> None:
    assert refused(await rest("POST", f"/channels/{channel}/invites", body)) == (status, code)


async def test_inviting_is_a_permission(rest: Rest) -> None:
    CHANNELS[ASCII_CHANNEL].overwrites[BOT_ROLE] = Overwrite(deny=CREATE_INSTANT_INVITE)
    assert refused(await rest("POST", INVITES, {})) == (403, 50013)
