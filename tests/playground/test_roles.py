"""Roles: made, changed, moved and deleted under Discord's order of roles, and what they do to permissions."""

from __future__ import annotations

import pytest

from playground.server import Playground
from playground.state import permissions as may
from playground.state.audit_log import Action
from playground.state.mentions import MENTION_EVERYONE
from playground.state.seed import (
    ADA_ID,
    ADMIN_ROLE,
    ASCII_CHANNEL,
    BOT_ROLE,
    EVERYONE_ROLE,
    GUILD_ID,
    MEMBERS,
    MIA_ID,
    MOD_ID,
    MODERATOR_ROLE,
    ROLES,
    permissions,
)
from tests.playground.raw import Json, Rest, empower, refused

pytestmark = pytest.mark.usefixtures("described")

OF_GUILD = f"/guilds/{GUILD_ID}/roles"


async def test_a_role_lives(rest: Rest, playground: Playground, events: list[tuple[str, Json]]) -> None:
    assert refused(await rest("POST", OF_GUILD, {})) == (403, 50013)
    empower(may.MANAGE_ROLES | may.MANAGE_MESSAGES, 2)
    body = {"name": "Poet", "permissions": str(may.MANAGE_MESSAGES), "color": 0xFF00FF, "hoist": True}
    made = (await rest("POST", OF_GUILD, body, reason="for verse")).body
    assert (made["name"], made["permissions"], made["color"], made["hoist"]) == ("Poet", "8192", 0xFF00FF, True)
    assert (await rest("GET", f"{OF_GUILD}/{made['id']}")).body == made
    path = f"/guilds/{GUILD_ID}/members/{MIA_ID}/roles/{made['id']}"
    assert (await rest("PUT", path)).status == 204
    assert permissions(MIA_ID, ASCII_CHANNEL) & may.MANAGE_MESSAGES
    assert (await rest("GET", f"{OF_GUILD}/member-counts")).body[made["id"]] == 1
    edited = (
        await rest("PATCH", f"{OF_GUILD}/{made['id']}", {"permissions": "0", "colors": {"primary_color": 1}})
    ).body
    assert (edited["permissions"], edited["color"], edited["name"]) == ("0", 1, "Poet")
    assert not permissions(MIA_ID, ASCII_CHANNEL) & may.MANAGE_MESSAGES
    assert (await rest("DELETE", f"{OF_GUILD}/{made['id']}")).status == 204
    assert MEMBERS[MIA_ID].roles == [] and made["id"] not in ROLES
    assert refused(await rest("GET", f"{OF_GUILD}/{made['id']}")) == (404, 10011)
    assert [name for name, _ in events] == [
        "GUILD_ROLE_CREATE",
        "GUILD_MEMBER_UPDATE",
        "GUILD_ROLE_UPDATE",
        "GUILD_ROLE_DELETE",
    ]
    kinds = [entry["action_type"] for entry in playground.world.audit_log.entries]
    assert kinds == [Action.ROLE_CREATE, Action.MEMBER_ROLE_UPDATE, Action.ROLE_UPDATE, Action.ROLE_DELETE]
    assert playground.world.audit_log.entries[0]["reason"] == "for verse"


async def test_a_message_mentions_roles(rest: Rest, playground: Playground, events: list[tuple[str, Json]]) -> None:
    """Those that are mentionable, or any by who may mention everyone, as far as allowed_mentions lets them."""
    messages = f"/channels/{ASCII_CHANNEL}/messages"
    both = [ADMIN_ROLE, MODERATOR_ROLE]
    content = f"<@&{ADMIN_ROLE}> <@&{MODERATOR_ROLE}> <@&{ADMIN_ROLE}> <@&{EVERYONE_ROLE}> <@&1>"

    async def sent(**more: object) -> list[str]:
        answer = await rest("POST", messages, {"content": content, **more})
        assert answer.status == 200 and events[-1][1]["mention_roles"] == answer.body["mention_roles"]
        found: list[str] = answer.body["mention_roles"]
        return found

    assert await sent() == []
    ROLES[MODERATOR_ROLE].mentionable = True
    assert await sent() == [MODERATOR_ROLE]
    empower(MENTION_EVERYONE)
    assert await sent() == both
    playground.clock.advance(10)
    assert await sent(allowed_mentions={"parse": []}) == []
    assert await sent(allowed_mentions={"parse": ["users", "everyone"]}) == []
    assert await sent(allowed_mentions={"parse": ["roles"]}) == both
    assert await sent(allowed_mentions={"roles": [int(ADMIN_ROLE)]}) == [ADMIN_ROLE]
    playground.clock.advance(10)
    answer = await rest("POST", messages, {"content": content, "allowed_mentions": {"roles": ADMIN_ROLE}})
    assert refused(answer) == (400, 50035)
    for user, mentioned in ((MIA_ID, [MODERATOR_ROLE]), (ADA_ID, both)):
        message = playground.world.messages.post(ASCII_CHANNEL, user, {"content": content}, {})
        seen = (await rest("GET", f"{messages}/{message.id}")).body
        assert seen["mention_roles"] == mentioned == events[-1][1]["mention_roles"]


async def test_a_role_without_a_word_is_new_role_with_what_everybody_may(rest: Rest) -> None:
    empower(may.MANAGE_ROLES)
    made = (await rest("POST", OF_GUILD, {})).body
    assert made["name"] == "new role" and made["permissions"] == str(ROLES[EVERYONE_ROLE].permissions)
    assert made["position"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "wanted"),
    [
        ("POST", "", {"permissions": str(may.BAN_MEMBERS)}, (403, 50013)),  # which the bot has not
        ("POST", "", {"name": "x" * 101}, (400, 50035)),
        ("POST", "", {"color": 0x1000000}, (400, 50035)),
        ("POST", "", {"hoist": "yes"}, (400, 50035)),
        ("POST", "", {"unicode_emoji": "🩷"}, (400, 50101)),
        ("POST", "", {"colors": {"primary_color": 1, "secondary_color": 2}}, (400, 50101)),
        ("PATCH", f"/{ADMIN_ROLE}", {"name": "x"}, (403, 50013)),  # above the bot's
        ("PATCH", f"/{MODERATOR_ROLE}", {"permissions": str(may.BAN_MEMBERS)}, (403, 50013)),
        ("PATCH", f"/{MODERATOR_ROLE}", {"permissions": "0"}, (403, 50013)),  # some of which the bot has not
        ("PATCH", f"/{EVERYONE_ROLE}", {"name": "all"}, (400, 50028)),
        ("PATCH", "/7", {"name": "all"}, (404, 10011)),
        ("DELETE", f"/{EVERYONE_ROLE}", None, (400, 50028)),
        ("DELETE", f"/{BOT_ROLE}", None, (400, 50028)),
        ("DELETE", f"/{ADMIN_ROLE}", None, (403, 50013)),
        ("PATCH", "", [{"id": ADMIN_ROLE, "position": 1}], (403, 50013)),
        ("PATCH", "", [{"id": MODERATOR_ROLE, "position": 9}], (403, 50013)),
        ("PATCH", "", [{"id": "7", "position": 1}], (404, 10011)),
        ("PATCH", "", {"id": MODERATOR_ROLE}, (400, 50035)),
    ],
)
async def test_what_is_refused(
    rest: Rest, *, method: str, path: str, body: object, wanted: tuple[int, int]
) -> None:
    empower(may.MANAGE_ROLES, 3)
    ROLES[ADMIN_ROLE].position = 4
    assert refused(await rest(method, OF_GUILD + path, body)) == wanted


async def test_everybodys_permissions_can_be_changed(rest: Rest) -> None:
    empower(may.MANAGE_ROLES)
    everyone = ROLES[EVERYONE_ROLE].permissions & ~may.SEND_MESSAGES
    assert (await rest("PATCH", f"{OF_GUILD}/{EVERYONE_ROLE}", {"permissions": str(everyone)})).status == 200
    assert not permissions(MIA_ID, ASCII_CHANNEL) & may.SEND_MESSAGES


async def test_roles_are_moved(rest: Rest) -> None:
    empower(may.MANAGE_ROLES, 5)
    moved = (await rest("PATCH", OF_GUILD, [{"id": MODERATOR_ROLE, "position": 4}])).body
    assert {role["id"]: role["position"] for role in moved}[MODERATOR_ROLE] == 4
    assert MEMBERS[MOD_ID].roles == [MODERATOR_ROLE]
