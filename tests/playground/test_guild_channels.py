"""Channels of the guild: made, changed, moved and deleted, and what overwrites do to permissions."""

from __future__ import annotations

import pytest

from playground.server import Playground
from playground.state import permissions as may
from playground.state.audit_log import Action
from playground.state.seed import (
    ASCII_CHANNEL,
    BOT_ID,
    CHANNELS,
    DIRECTS,
    EVERYONE_ROLE,
    GENERAL_CHANNEL,
    GUILD_ID,
    MIA_ID,
    MODERATOR_ROLE,
    QUIET_CHANNEL,
    STAFF_CHANNEL,
    permissions,
)
from tests.playground.raw import Json, Presser, Rest, empower, refused

pytestmark = pytest.mark.usefixtures("described")

OF_GUILD = f"/guilds/{GUILD_ID}/channels"
ONE = f"/channels/{GENERAL_CHANNEL}"


async def test_a_channel_lives(rest: Rest, playground: Playground, events: list[tuple[str, Json]]) -> None:
    assert refused(await rest("POST", OF_GUILD, {"name": "x"})) == (403, 50013)
    empower(may.MANAGE_CHANNELS)
    made = await rest("POST", OF_GUILD, {"name": " Fine  Arts", "topic": "t", "rate_limit_per_user": 5})
    channel = made.body
    assert made.status == 201 and (channel["name"], channel["topic"], channel["type"]) == ("fine-arts", "t", 0)
    path = f"/channels/{channel['id']}"
    message = (await rest("POST", f"{path}/messages", {"content": "first"})).body
    edited = (await rest("PATCH", path, {"name": "art", "nsfw": True, "topic": None, "type": 5})).body
    assert (edited["name"], edited["nsfw"], edited["topic"], edited["type"]) == ("art", True, None, 5)
    assert channel["id"] in [one["id"] for one in (await rest("GET", OF_GUILD)).body]
    gone = (await rest("DELETE", path, reason="done")).body
    assert gone["id"] == channel["id"] and message["id"] not in playground.world.messages
    assert refused(await rest("GET", path)) == (404, 10003)
    told = [name for name, _ in events if name.startswith("CHANNEL")]
    assert told == ["CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"]
    entries = playground.world.audit_log.entries
    assert [entry["action_type"] for entry in entries] == [
        Action.CHANNEL_CREATE,
        Action.CHANNEL_UPDATE,
        Action.CHANNEL_DELETE,
    ]
    assert {"key": "name", "old_value": "fine-arts", "new_value": "art"} in entries[1]["changes"]
    assert entries[2]["reason"] == "done"


@pytest.mark.parametrize("kind", [0, 2, 4, 5, 13, 15])
async def test_each_kind_can_be_made_and_read(rest: Rest, kind: int) -> None:
    empower(may.MANAGE_CHANNELS)
    made = await rest("POST", OF_GUILD, {"name": "x", "type": kind, "available_tags": [{"name": "t"}]})
    assert made.status == 201 and made.body["type"] == kind
    assert ("available_tags" in made.body) == (kind == 15) and ("bitrate" in made.body) == (kind in (2, 13))
    assert (await rest("GET", f"/channels/{made.body['id']}")).body == made.body
    assert (await rest("PATCH", f"/channels/{made.body['id']}", {"name": "y"})).body["name"] == "y"


async def test_a_channel_in_a_category_begins_with_its_overwrites_and_outlives_it(rest: Rest) -> None:
    empower(may.MANAGE_CHANNELS | may.MANAGE_ROLES)
    closed = [{"id": EVERYONE_ROLE, "type": 0, "deny": str(may.SEND_MESSAGES)}]
    body = {"name": "Quiet Rooms", "type": 4, "permission_overwrites": closed}
    category = (await rest("POST", OF_GUILD, body)).body
    assert category["name"] == "Quiet Rooms"
    child = (await rest("POST", OF_GUILD, {"name": "room", "parent_id": category["id"]})).body
    assert child["permission_overwrites"] == [{**closed[0], "allow": "0"}]
    own = [{"id": MODERATOR_ROLE, "type": 0, "deny": str(may.SEND_MESSAGES)}]
    open_one = (
        await rest("POST", OF_GUILD, {"name": "hall", "parent_id": category["id"], "permission_overwrites": own})
    ).body
    assert open_one["permission_overwrites"] == [{**own[0], "allow": "0"}]
    moved = await rest("PATCH", OF_GUILD, [{"id": open_one["id"], "position": 1, "lock_permissions": True}])
    assert moved.status == 204 and not permissions(MIA_ID, open_one["id"]) & may.SEND_MESSAGES
    assert (await rest("DELETE", f"/channels/{category['id']}")).status == 200
    assert (await rest("GET", f"/channels/{child['id']}")).body["parent_id"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "wanted"),
    [
        ("POST", OF_GUILD, {}, (400, 50035)),
        ("POST", OF_GUILD, {"name": "x", "type": 1}, (400, 50035)),
        ("POST", OF_GUILD, {"name": "x", "topic": "t" * 1025}, (400, 50035)),
        ("POST", OF_GUILD, {"name": "x", "parent_id": GENERAL_CHANNEL}, (400, 50035)),
        ("POST", OF_GUILD, {"name": "x", "type": 2, "bitrate": 7}, (400, 50035)),
        ("PATCH", OF_GUILD, [{"id": "7", "position": 1}], (404, 10003)),
        ("PATCH", OF_GUILD, {}, (400, 50035)),
        ("PATCH", ONE, {"rate_limit_per_user": 21_601}, (400, 50035)),
        ("PATCH", ONE, {"name": ""}, (400, 50035)),
        ("PATCH", ONE, {"permission_overwrites": []}, (200, 0)),  # nothing is changed by it
        ("PATCH", ONE, {"permission_overwrites": [{"id": MIA_ID, "type": 1, "deny": "2048"}]}, (403, 50013)),
        ("PATCH", f"/channels/{next(iter(DIRECTS))}", {"name": "x"}, (400, 50003)),
        ("DELETE", f"/channels/{STAFF_CHANNEL}", None, (403, 50001)),
        ("PUT", f"{ONE}/permissions/{MIA_ID}", {"type": 1, "deny": "2048"}, (403, 50013)),
    ],
)
async def test_what_is_refused(
    rest: Rest, *, method: str, path: str, body: object, wanted: tuple[int, int]
) -> None:
    empower(may.MANAGE_CHANNELS)
    answer = await rest(method, path, body)
    assert (answer.status, answer.body.get("code", 0)) == wanted


async def test_overwrites_open_and_close_a_channel(
    rest: Rest, playground: Playground, events: list[tuple[str, Json]]
) -> None:
    empower(may.MANAGE_ROLES)
    path = f"{ONE}/permissions"
    deny = {"type": 0, "deny": str(may.SEND_MESSAGES)}
    assert (await rest("PUT", f"{path}/{EVERYONE_ROLE}", deny)).status == 204
    assert not permissions(MIA_ID, GENERAL_CHANNEL) & may.SEND_MESSAGES
    allow = {"type": 1, "allow": str(may.SEND_MESSAGES), "deny": "0"}
    assert (await rest("PUT", f"{path}/{MIA_ID}", allow)).status == 403  # the bot may not write there itself now
    CHANNELS[GENERAL_CHANNEL].overwrites.clear()
    assert (await rest("PUT", f"{path}/{MIA_ID}", {**allow, "allow": "0", "deny": allow["allow"]})).status == 204
    assert not permissions(MIA_ID, GENERAL_CHANNEL) & may.SEND_MESSAGES
    assert permissions(BOT_ID, GENERAL_CHANNEL) & may.SEND_MESSAGES
    assert (await rest("DELETE", f"{path}/{MIA_ID}")).status == 204
    assert permissions(MIA_ID, GENERAL_CHANNEL) & may.SEND_MESSAGES
    assert refused(await rest("DELETE", f"{path}/{MIA_ID}")) == (404, 10009)
    assert refused(await rest("PUT", f"{path}/7", deny)) == (404, 10009)
    assert refused(await rest("PUT", f"{path}/{MIA_ID}", {"type": 2})) == (400, 50035)
    assert refused(await rest("PUT", f"{path}/{MODERATOR_ROLE}", {"deny": str(may.BAN_MEMBERS)})) == (403, 50013)
    assert [name for name, _ in events] == ["CHANNEL_UPDATE"] * 3
    kinds = [entry["action_type"] for entry in playground.world.audit_log.entries]
    assert kinds == [Action.OVERWRITE_CREATE, Action.OVERWRITE_CREATE, Action.OVERWRITE_DELETE]
    assert playground.world.audit_log.entries[0]["options"] == {
        "id": EVERYONE_ROLE,
        "type": "0",
        "role_name": "@everyone",
    }


async def test_what_a_role_grants_no_other_role_takes_away(rest: Rest) -> None:
    empower(may.ADMINISTRATOR)
    for whose, allow, deny in ((EVERYONE_ROLE, 0, may.SEND_MESSAGES), (MODERATOR_ROLE, may.SEND_MESSAGES, 0)):
        body = {"type": 0, "allow": str(allow), "deny": str(deny)}
        assert (await rest("PUT", f"/channels/{ASCII_CHANNEL}/permissions/{whose}", body)).status == 204
    await rest("PUT", f"/guilds/{GUILD_ID}/members/{MIA_ID}/roles/{MODERATOR_ROLE}")
    assert not permissions(MIA_ID, ASCII_CHANNEL) & may.SEND_MESSAGES  # the bot stands below Moderator
    empower(0, 9)
    await rest("PUT", f"/guilds/{GUILD_ID}/members/{MIA_ID}/roles/{MODERATOR_ROLE}")
    assert permissions(MIA_ID, ASCII_CHANNEL) & may.SEND_MESSAGES


async def test_the_bot_can_close_a_channel_to_itself(rest: Rest) -> None:
    empower(may.MANAGE_ROLES)
    body = {"type": 1, "deny": str(may.VIEW_CHANNEL)}
    assert (await rest("PUT", f"{ONE}/permissions/{BOT_ID}", body)).status == 204
    assert refused(await rest("GET", ONE)) == (403, 50001)
    assert (await rest("GET", f"/channels/{QUIET_CHANNEL}")).status == 200


async def test_an_answer_to_a_command_ends_with_its_channel(bot: Presser) -> None:
    empower(may.MANAGE_CHANNELS)
    event = await bot.used(channel_id=GENERAL_CHANNEL)
    assert (await bot.answer(event, {"type": 5})).status == 200
    await bot.rest("DELETE", ONE)
    assert refused(await bot.rest("POST", bot.hook(event, ""), {"content": "late"}, token=None)) == (404, 10003)
