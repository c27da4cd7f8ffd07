"""Members: who is found, what may be changed of whom, time-outs, kicks and bans, and what of it is told."""

from __future__ import annotations

import datetime

import pytest

from playground.server import Playground
from playground.state import permissions as may
from playground.state.seed import (
    ADA_ID,
    ADMIN_ROLE,
    ASCII_CHANNEL,
    BOT_ID,
    BOT_ROLE,
    EVERYONE_ROLE,
    GUILD_ID,
    MEMBERS,
    MIA_ID,
    MOD_ID,
    MODERATOR_ROLE,
    SAM_ID,
    permissions,
)
from tests.playground.raw import Json, Rest, empower, refused

pytestmark = pytest.mark.usefixtures("described")

GUILD = f"/guilds/{GUILD_ID}"
MIA = f"{GUILD}/members/{MIA_ID}"
Events = list[tuple[str, Json]]


def ids(members: list[Json]) -> list[str]:
    return [member["user"]["id"] for member in members]


def names(events: Events) -> list[str]:
    return [name for name, _ in events]


async def test_members_are_listed_in_pages_and_found_by_the_start_of_a_name(
    rest: Rest, playground: Playground
) -> None:
    assert refused(await rest("GET", f"{GUILD}/members")) == (403, 50001)  # without the members intent
    playground.world.portal.intents["members"] = True
    assert ids((await rest("GET", f"{GUILD}/members")).body) == [BOT_ID]
    page = (await rest("GET", f"{GUILD}/members?limit=2&after={BOT_ID}")).body
    assert ids(page) == [ADA_ID, MOD_ID]
    assert ids((await rest("GET", f"{GUILD}/members/search?query=M&limit=5")).body) == [MOD_ID, MIA_ID]
    MEMBERS[SAM_ID].nick = "Mimi"
    assert ids((await rest("GET", f"{GUILD}/members/search?query=mi&limit=5")).body) == [MIA_ID, SAM_ID]
    assert refused(await rest("GET", f"{GUILD}/members/search")) == (400, 50035)
    assert refused(await rest("GET", f"{GUILD}/members?limit=1001")) == (400, 50035)
    assert refused(await rest("GET", "/guilds/7/members/search?query=m")) == (404, 10004)
    assert refused(await rest("GET", f"{GUILD}/members/7")) == (404, 10007)


@pytest.mark.parametrize(
    ("granted", "position", "user", "body", "wanted"),
    [
        (0, 2, MIA_ID, {"nick": "x"}, (403, 50013)),
        (may.MANAGE_NICKNAMES, 2, MIA_ID, {"nick": "x"}, (200, None)),
        (may.MANAGE_NICKNAMES, 2, MIA_ID, {"nick": "x" * 33}, (400, 50035)),
        (may.MANAGE_NICKNAMES, 1, MOD_ID, {"nick": "x"}, (403, 50013)),  # below them
        (may.MANAGE_NICKNAMES, 3, MOD_ID, {"nick": "x"}, (200, None)),
        (may.ADMINISTRATOR, 9, ADA_ID, {"nick": "x"}, (403, 50013)),  # nobody is above the owner
        (0, 2, BOT_ID, {"nick": "x"}, (200, None)),
        (may.MANAGE_ROLES, 2, MIA_ID, {"roles": [MODERATOR_ROLE]}, (403, 50013)),  # a younger role at one position
        (may.MANAGE_ROLES, 4, MIA_ID, {"roles": [MODERATOR_ROLE]}, (200, None)),
        (may.MANAGE_ROLES, 4, MIA_ID, {"roles": ["7"]}, (404, 10011)),
        (may.MANAGE_ROLES, 4, MIA_ID, {"roles": [BOT_ROLE]}, (400, 50028)),
        (may.MANAGE_ROLES, 4, MIA_ID, {"roles": [EVERYONE_ROLE]}, (400, 50028)),
        (may.MANAGE_ROLES, 4, MIA_ID, {"roles": "moderator"}, (400, 50035)),
        (may.MANAGE_ROLES, 4, MOD_ID, {"roles": None}, (200, None)),
        (may.MODERATE_MEMBERS, 4, ADA_ID, {"communication_disabled_until": None}, (403, 50013)),
        (may.MODERATE_MEMBERS, 4, MIA_ID, {"communication_disabled_until": "tomorrow"}, (400, 50035)),
        (may.MODERATE_MEMBERS, 4, MIA_ID, {"communication_disabled_until": "9999-01-01T00:00:00Z"}, (400, 50035)),
        (0, 4, MIA_ID, {"mute": True}, (403, 50013)),
        (may.MUTE_MEMBERS, 4, MIA_ID, {"mute": True}, (400, 40032)),
        (may.MOVE_MEMBERS, 4, MIA_ID, {"channel_id": None}, (400, 40032)),
        (may.ADMINISTRATOR, 4, "7", {"nick": "x"}, (404, 10007)),
    ],
)
async def test_what_may_be_changed_of_whom(
    rest: Rest, *, granted: int, position: int, user: str, body: Json, wanted: tuple[int, int | None]
) -> None:
    empower(granted, position)
    answer = await rest("PATCH", f"{GUILD}/members/{user}", body)
    assert (answer.status, answer.body.get("code")) == wanted


async def test_a_change_is_told_once_and_logged_with_its_reason(
    rest: Rest, playground: Playground, events: Events
) -> None:
    empower(may.MANAGE_NICKNAMES | may.MANAGE_ROLES | may.VIEW_AUDIT_LOG, 4)
    body = {"nick": "Mimi", "roles": [MODERATOR_ROLE]}
    changed = await rest("PATCH", MIA, body, reason="wants it – so")
    assert (changed.body["nick"], changed.body["roles"]) == ("Mimi", [MODERATOR_ROLE])
    assert (await rest("GET", MIA)).body == changed.body
    assert names(events) == ["GUILD_MEMBER_UPDATE", *["GUILD_AUDIT_LOG_ENTRY_CREATE"] * 2]
    assert events[0][1] == {**changed.body, "guild_id": GUILD_ID}
    renamed, promoted = playground.world.audit_log.entries
    assert renamed["changes"] == [{"key": "nick", "new_value": "Mimi"}] and renamed["reason"] == "wants it – so"
    assert promoted["changes"] == [{"key": "$add", "new_value": [{"id": MODERATOR_ROLE, "name": "Moderator"}]}]
    assert permissions(MIA_ID, ASCII_CHANNEL) & may.MANAGE_MESSAGES
    await rest("PATCH", MIA, body)
    assert len(events) == 3
    assert (await rest("PATCH", MIA, {"nick": ""})).body["nick"] is None
    assert refused(await rest("PATCH", MIA, {}, reason="x" * 513)) == (400, 50035)


async def test_a_role_is_given_and_taken_away(rest: Rest, events: Events) -> None:
    path = f"{MIA}/roles/{MODERATOR_ROLE}"
    assert refused(await rest("PUT", path)) == (403, 50013)
    empower(may.MANAGE_ROLES, 4)
    for _ in range(2):
        assert (await rest("PUT", path)).status == 204
    assert MEMBERS[MIA_ID].roles == [MODERATOR_ROLE] and names(events) == ["GUILD_MEMBER_UPDATE"]
    assert (await rest("DELETE", path)).status == 204
    assert MEMBERS[MIA_ID].roles == []
    assert refused(await rest("PUT", f"{MIA}/roles/7")) == (404, 10011)
    assert refused(await rest("DELETE", f"{MIA}/roles/{BOT_ROLE}")) == (400, 50028)
    empower(0, 2)
    assert refused(await rest("DELETE", f"{MIA}/roles/{ADMIN_ROLE}")) == (403, 50013)


async def test_a_time_out_holds_until_it_ends(rest: Rest, playground: Playground) -> None:
    empower(may.MODERATE_MEMBERS, 2)
    until = datetime.datetime.fromtimestamp(playground.clock.now() + 600, datetime.UTC).isoformat()
    assert (await rest("PATCH", MIA, {"communication_disabled_until": until})).status == 200
    assert permissions(MIA_ID, ASCII_CHANNEL) == may.VIEW_CHANNEL | may.READ_MESSAGE_HISTORY
    for path, body in (("/message", {"content": "hi"}), ("/react", {"message_id": "0", "emoji": "🩷"})):
        if path == "/react":
            body["message_id"] = playground.world.messages.post(ASCII_CHANNEL, BOT_ID, {"content": "x"}, {}).id
        async with rest.session.post(f"{playground.url}/playground{path}", json=body) as answer:
            assert answer.status == 403, await answer.text()
    playground.clock.advance(601)
    assert permissions(MIA_ID, ASCII_CHANNEL) & may.SEND_MESSAGES
    shown = (await rest("GET", MIA)).body["communication_disabled_until"]
    assert datetime.datetime.fromisoformat(shown) == datetime.datetime.fromisoformat(until)
    empower(may.MODERATE_MEMBERS, 4)
    assert refused(await rest("PATCH", f"{GUILD}/members/{ADA_ID}", {"communication_disabled_until": until})) == (
        403,
        50013,
    )


async def test_the_bot_changes_its_own_name_here(rest: Rest, events: Events) -> None:
    answer = await rest("PATCH", f"{GUILD}/members/@me", {"nick": "Scribe"})
    assert answer.body["nick"] == "Scribe" and names(events) == ["GUILD_MEMBER_UPDATE"]
    assert refused(await rest("PATCH", f"{GUILD}/members/@me", {"avatar": "data:text/plain;base64,eA=="})) == (
        400,
        50035,
    )
    assert (await rest("PATCH", f"{GUILD}/members/@me/nick", {"nick": None})).body == {"nick": None}


async def test_who_is_kicked_is_gone_and_still_somebody(rest: Rest, playground: Playground, events: Events) -> None:
    theirs = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "mine"}, {})
    assert refused(await rest("DELETE", MIA)) == (403, 50013)
    empower(may.KICK_MEMBERS, 2)
    assert refused(await rest("DELETE", f"{GUILD}/members/{ADA_ID}")) == (403, 50013)
    events.clear()
    assert (await rest("DELETE", MIA)).status == 204
    assert events == [
        ("GUILD_MEMBER_REMOVE", {"guild_id": GUILD_ID, "user": (await rest("GET", f"/users/{MIA_ID}")).body})
    ]
    assert refused(await rest("DELETE", MIA)) == (404, 10007)
    assert (await rest("GET", f"/channels/{ASCII_CHANNEL}/messages/{theirs.id}")).body["author"]["id"] == MIA_ID
    async with rest.session.post(f"{playground.url}/playground/message", json={"content": "hi"}) as answer:
        assert answer.status == 403 and "no member" in await answer.text()
    playground.world.members.join(MIA_ID)
    assert events[-1][0] == "GUILD_MEMBER_ADD" and (await rest("GET", MIA)).status == 200


async def test_a_ban_takes_the_member_and_their_last_messages(
    rest: Rest, playground: Playground, events: Events
) -> None:
    bans = f"{GUILD}/bans"
    old = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "old"}, {})
    playground.clock.advance(7200)
    new = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "new"}, {})
    assert refused(await rest("PUT", f"{bans}/{MIA_ID}")) == (403, 50013)
    empower(may.BAN_MEMBERS, 2)
    assert refused(await rest("GET", f"{bans}/{MIA_ID}")) == (404, 10026)
    events.clear()
    assert (await rest("PUT", f"{bans}/{MIA_ID}", {"delete_message_seconds": 3600}, reason="spam")).status == 204
    assert names(events) == ["GUILD_MEMBER_REMOVE", "GUILD_BAN_ADD", "MESSAGE_DELETE_BULK"]
    assert old.id in playground.world.messages and new.id not in playground.world.messages
    assert (await rest("GET", f"{bans}/{MIA_ID}")).body["reason"] == "spam"
    assert (await rest("PUT", f"{bans}/{MIA_ID}")).status == 204 and len(events) == 3
    assert ids((await rest("GET", bans)).body) == [MIA_ID]
    assert ids((await rest("GET", f"{bans}?after={MIA_ID}")).body) == []
    assert refused(await rest("PUT", f"{bans}/7")) == (404, 10013)
    assert refused(await rest("PUT", f"{bans}/{ADA_ID}")) == (403, 50013)
    assert refused(await rest("PUT", f"{bans}/{SAM_ID}", {"delete_message_days": 8})) == (400, 50035)
    assert (await rest("DELETE", f"{bans}/{MIA_ID}")).status == 204
    assert names(events)[-1] == "GUILD_BAN_REMOVE"
    assert refused(await rest("DELETE", f"{bans}/{MIA_ID}")) == (404, 10026)


async def test_many_are_banned_at_once(rest: Rest) -> None:
    path = f"{GUILD}/bulk-ban"
    assert refused(await rest("POST", path, {"user_ids": [MIA_ID]})) == (403, 50013)
    empower(may.BAN_MEMBERS | may.MANAGE_GUILD, 2)
    done = await rest("POST", path, {"user_ids": [MIA_ID, ADA_ID, "7", SAM_ID]})
    assert done.body == {"banned_users": [MIA_ID, SAM_ID], "failed_users": [ADA_ID, "7"]}
    assert refused(await rest("POST", path, {"user_ids": [MIA_ID]})) == (400, 500000)
    assert refused(await rest("POST", path, {})) == (400, 50035)


async def test_nobody_is_pruned(rest: Rest) -> None:
    assert refused(await rest("GET", f"{GUILD}/prune")) == (403, 50013)
    empower(may.MANAGE_GUILD | may.KICK_MEMBERS)
    assert (await rest("GET", f"{GUILD}/prune?days=30")).body == {"pruned": 0}
    assert (await rest("POST", f"{GUILD}/prune", {"compute_prune_count": False})).body == {"pruned": None}
    assert refused(await rest("GET", f"{GUILD}/prune?days=31")) == (400, 50035)
