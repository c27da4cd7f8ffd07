"""The guild's settings, emojis, stickers, scheduled events and audit log, and all that can be read of it."""

from __future__ import annotations

import base64
import datetime
import re

import aiohttp
import pytest

from playground.api.operations import OPERATIONS, shape
from playground.api.routing import ROUTES
from playground.server import Playground
from playground.state import permissions as may
from playground.state.audit_log import Action
from playground.state.seed import (
    APPLICATION_ID,
    ASCII_CHANNEL,
    BOT_ID,
    BOT_ROLE,
    GENERAL_CHANNEL,
    GUILD_ID,
    MIA_ID,
    MODERATOR_ROLE,
)
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import BOT, Answer, Json, Presser, Rest, empower, refused

pytestmark = pytest.mark.usefixtures("described")

GUILD = f"/guilds/{GUILD_ID}"
PICTURE = "data:image/png;base64," + base64.b64encode(PNG_3X2).decode()
Events = list[tuple[str, Json]]


async def test_the_guilds_settings_are_changed_and_told(rest: Rest, playground: Playground, events: Events) -> None:
    assert refused(await rest("PATCH", GUILD, {"name": "Atelier"})) == (403, 50013)
    empower(may.MANAGE_GUILD | may.VIEW_AUDIT_LOG)
    body = {"name": "Atelier", "verification_level": 2, "system_channel_id": GENERAL_CHANNEL, "icon": PICTURE}
    changed = (await rest("PATCH", GUILD, body)).body
    assert (changed["name"], changed["verification_level"], changed["system_channel_id"]) == (
        "Atelier",
        2,
        GENERAL_CHANNEL,
    )
    assert changed["icon"] and (await rest("GET", GUILD)).body == changed
    assert (await rest("GET", "/users/@me/guilds")).body[0]["name"] == "Atelier"
    assert [name for name, _ in events] == ["GUILD_UPDATE", "GUILD_AUDIT_LOG_ENTRY_CREATE"]
    assert events[0][1] == changed
    assert {"key": "name", "old_value": "Playground", "new_value": "Atelier"} in events[1][1]["changes"]
    assert (await rest("PATCH", GUILD, {"icon": None, "features": ["COMMUNITY", "x"]})).body["icon"] is None
    for wrong in (
        {"name": "x"},
        {"afk_timeout": 5},
        {"rules_channel_id": "7"},
        {"icon": "x"},
        {"features": "x"},
        {"preferred_locale": "xx"},
    ):
        assert refused(await rest("PATCH", GUILD, wrong)) == (400, 50035), wrong
    assert refused(await rest("PATCH", GUILD, {"banner": PICTURE})) == (400, 50101)


async def test_commands_carry_the_servers_language(bot: Presser) -> None:
    empower(may.MANAGE_GUILD)
    assert (await bot.rest("PATCH", GUILD, {"preferred_locale": "de"})).status == 200
    event = await bot.used()
    assert event["guild_locale"] == event["guild"]["locale"] == "de"


async def test_a_new_playground_has_the_settings_of_the_first(rest: Rest) -> None:
    assert (await rest("GET", GUILD)).body["name"] == "Playground"


@pytest.mark.parametrize("path", [f"{GUILD}/emojis", f"/applications/{APPLICATION_ID}/emojis"])
async def test_an_emoji_lives(rest: Rest, playground: Playground, path: str) -> None:
    if path.startswith(GUILD):
        assert refused(await rest("POST", path, {"name": "lemur", "image": PICTURE})) == (403, 50013)
        empower(may.CREATE_GUILD_EXPRESSIONS)
    made = await rest("POST", path, {"name": "lemur", "image": PICTURE})
    assert made.status == 201 and made.body["name"] == "lemur" and made.body["user"]["id"] == BOT_ID
    one = f"{path}/{made.body['id']}"
    async with rest.session.get(f"{playground.url}/cdn/emojis/{made.body['id']}.png") as picture:
        assert await picture.read() == PNG_3X2
    assert (await rest("PATCH", one, {"name": "maki"})).body["name"] == "maki"
    listed = (await rest("GET", path)).body
    assert (listed["items"] if path.startswith("/app") else listed) == [(await rest("GET", one)).body]
    for wrong in ({"name": "x"}, {"name": "two words"}, {"image": PICTURE}, {"name": "xx", "image": "x"}):
        assert refused(await rest("POST", path, wrong)) == (400, 50035), wrong
    assert (await rest("DELETE", one)).status == 204
    assert refused(await rest("GET", one)) == (404, 10014)


async def test_emojis_of_guild_and_application_are_apart_and_the_guilds_are_told(
    rest: Rest, events: Events
) -> None:
    empower(may.MANAGE_GUILD_EXPRESSIONS)
    body = {"name": "lemur", "image": PICTURE}
    of_application = (await rest("POST", f"/applications/{APPLICATION_ID}/emojis", body)).body
    of_guild = (await rest("POST", f"{GUILD}/emojis", {**body, "roles": [MODERATOR_ROLE]})).body
    assert [emoji["id"] for emoji in (await rest("GET", GUILD)).body["emojis"]] == [of_guild["id"]]
    assert refused(await rest("GET", f"{GUILD}/emojis/{of_application['id']}")) == (404, 10014)
    assert [name for name, _ in events] == ["GUILD_EMOJIS_UPDATE"]
    assert events[0][1]["emojis"][0]["roles"] == [MODERATOR_ROLE]


async def test_there_is_room_for_fifty_emojis(rest: Rest, playground: Playground) -> None:
    empower(may.MANAGE_GUILD_EXPRESSIONS)
    for _ in range(50):
        made = await rest("POST", f"{GUILD}/emojis", {"name": "again", "image": PICTURE})
        assert made.status == 201
        playground.clock.advance(0.1)  # the limit of requests is not what this is about
    assert refused(await rest("POST", f"{GUILD}/emojis", {"name": "again", "image": PICTURE})) == (400, 30008)


async def sent(rest: Rest, fields: dict[str, str], data: bytes | None = PNG_3X2) -> Answer:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    if data is not None:
        form.add_field("file", data, filename="x.png", content_type="image/png")
    return await rest.send("POST", f"{GUILD}/stickers", data=form, headers={"Authorization": BOT})


async def test_a_sticker_lives(rest: Rest, events: Events) -> None:
    about = {"name": "lemur", "tags": "animal", "description": "It looks."}
    assert refused(await sent(rest, about)) == (403, 50013)
    empower(may.CREATE_GUILD_EXPRESSIONS)
    made = await sent(rest, about)
    assert made.status == 201 and (made.body["description"], made.body["format_type"]) == ("It looks.", 1)
    path = f"{GUILD}/stickers/{made.body['id']}"
    edited = (await rest("PATCH", path, {"description": None, "tags": "face"})).body
    assert (edited["description"], edited["tags"], edited["name"]) == (None, "face", "lemur")
    assert (await rest("GET", f"{GUILD}/stickers")).body == [edited] == [(await rest("GET", path)).body]
    assert (await rest("GET", f"/stickers/{made.body['id']}")).body["name"] == "lemur"
    assert refused(await sent(rest, {"name": "x", "tags": "y"})) == (400, 50035)
    assert refused(await sent(rest, about, None)) == (400, 50035)
    assert refused(await sent(rest, about, b"no picture")) == (400, 50046)
    for _ in range(4):
        assert (await sent(rest, about)).status == 201
    assert refused(await sent(rest, about)) == (400, 30039)
    assert (await rest("DELETE", path)).status == 204
    assert refused(await rest("DELETE", path)) == (404, 10060)
    assert {name for name, _ in events} == {"GUILD_STICKERS_UPDATE"} and len(events) == 7


def in_hours(playground: Playground, hours: float) -> str:
    return datetime.datetime.fromtimestamp(playground.clock.now() + 3600 * hours, datetime.UTC).isoformat()


async def test_a_scheduled_event_lives(rest: Rest, playground: Playground, events: Events) -> None:
    path = f"{GUILD}/scheduled-events"
    body: Json = {
        "name": "Vernissage",
        "privacy_level": 2,
        "entity_type": 3,
        "scheduled_start_time": in_hours(playground, 1),
        "scheduled_end_time": in_hours(playground, 2),
        "entity_metadata": {"location": "The hall"},
    }
    assert refused(await rest("POST", path, body)) == (403, 50013)
    empower(may.CREATE_EVENTS)
    made = (await rest("POST", path, body)).body
    assert (made["name"], made["status"], made["creator_id"]) == ("Vernissage", 1, BOT_ID)
    one = f"{path}/{made['id']}"
    assert (await rest("GET", f"{one}?with_user_count=true")).body["user_count"] == 0
    assert (await rest("GET", f"{one}/users")).body == []
    assert (await rest("PATCH", one, {"status": 2, "name": "Opening"})).body["status"] == 2
    assert refused(await rest("PATCH", one, {"status": 1})) == (400, 50035)
    for key in ("name", "privacy_level", "entity_type", "scheduled_start_time", "scheduled_end_time"):
        lacking = {name: value for name, value in body.items() if name != key}
        assert refused(await rest("POST", path, lacking)) == (400, 50035), key
    mistakes: tuple[Json, ...] = (
        {"entity_type": 2, "channel_id": ASCII_CHANNEL},
        {"scheduled_start_time": in_hours(playground, -1)},
        {"scheduled_end_time": in_hours(playground, 0.5)},
        {"entity_metadata": {}},
    )
    for wrong in mistakes:
        assert refused(await rest("POST", path, {**body, **wrong})) == (400, 50035), wrong
    assert (await rest("DELETE", one)).status == 204
    assert refused(await rest("GET", one)) == (404, 10070)
    assert [name.rpartition("_")[2] for name, _ in events] == ["CREATE", "UPDATE", "DELETE"]


async def test_the_audit_log_is_read_in_pages_and_by_whom_and_what(rest: Rest, playground: Playground) -> None:
    path = f"{GUILD}/audit-logs"
    assert refused(await rest("GET", path)) == (403, 50013)
    empower(may.VIEW_AUDIT_LOG | may.MANAGE_NICKNAMES | may.KICK_MEMBERS)
    await rest("PATCH", f"{GUILD}/members/{MIA_ID}", {"nick": "a"}, reason="first")
    await rest("PATCH", f"{GUILD}/members/{MIA_ID}", {"nick": "b"})
    await rest("DELETE", f"{GUILD}/members/{MIA_ID}")
    log = (await rest("GET", path)).body
    kinds = [entry["action_type"] for entry in log["audit_log_entries"]]
    assert kinds == [Action.MEMBER_KICK, Action.MEMBER_UPDATE, Action.MEMBER_UPDATE]
    assert {user["id"] for user in log["users"]} == {BOT_ID, MIA_ID}
    oldest = log["audit_log_entries"][-1]
    assert oldest["reason"] == "first"

    async def found(query: str) -> list[Json]:
        entries: list[Json] = (await rest("GET", f"{path}?{query}")).body["audit_log_entries"]
        return entries

    assert len(await found(f"action_type={int(Action.MEMBER_KICK)}")) == 1
    assert [entry["id"] for entry in await found("limit=1")] == [log["audit_log_entries"][0]["id"]]
    assert [entry["id"] for entry in await found("after=1&limit=1")] == [oldest["id"]]
    assert await found(f"before={oldest['id']}") == [] and await found(f"user_id={MIA_ID}") == []
    assert len(await found(f"target_id={MIA_ID}")) == 3


async def test_the_widget_is_there_once_it_is_on(rest: Rest) -> None:
    assert refused(await rest("GET", f"{GUILD}/widget.json", token=None)) == (403, 50004)
    assert refused(await rest("GET", f"{GUILD}/widget")) == (403, 50013)
    empower(may.MANAGE_GUILD)
    on = await rest("PATCH", f"{GUILD}/widget", {"enabled": True, "channel_id": ASCII_CHANNEL})
    assert on.body == {"enabled": True, "channel_id": ASCII_CHANNEL}
    shown = (await rest("GET", f"{GUILD}/widget.json", token=None)).body
    assert shown["presence_count"] == len(shown["members"]) == 5


async def test_the_application_says_what_it_is(rest: Rest, playground: Playground) -> None:
    body = {"description": "Draws.", "tags": ["art", "fun"], "icon": PICTURE, "flags": 1 << 15}
    changed = (await rest("PATCH", "/applications/@me", body)).body
    assert (changed["description"], changed["tags"], changed["flags"]) == ("Draws.", ["art", "fun"], 1 << 15)
    assert (await rest("GET", f"/applications/{APPLICATION_ID}")).body == changed
    async with rest.session.get(f"{playground.url}/cdn/app-icons/{APPLICATION_ID}/{changed['icon']}.png") as icon:
        assert await icon.read() == PNG_3X2
    wrongs: tuple[Json, ...] = (
        {"tags": ["x"] * 6},
        {"description": "x" * 401},
        {"custom_install_url": "x"},
        {"interactions_endpoint_url": "https://example.com"},
    )
    for wrong in wrongs:
        assert refused(await rest("PATCH", f"/applications/{APPLICATION_ID}", wrong)) == (400, 50035), wrong
    assert refused(await rest("GET", "/applications/7")) == (404, 10002)


async def test_the_bots_guilds_come_in_pages(rest: Rest) -> None:
    (mine,) = (await rest("GET", "/users/@me/guilds?with_counts=true")).body
    assert mine["approximate_member_count"] == 5 and mine["owner"] is False
    assert (await rest("GET", f"/users/@me/guilds?after={GUILD_ID}")).body == []
    assert refused(await rest("GET", "/users/@me/guilds?limit=201")) == (400, 50035)


async def test_role_connection_metadata(rest: Rest) -> None:
    path = f"/applications/{APPLICATION_ID}/role-connections/metadata"
    wanted = [{"type": 2, "key": "pictures", "name": "Pictures", "description": "How many at least"}]
    assert (await rest("PUT", path, wanted)).body == wanted == (await rest("GET", path)).body
    assert refused(await rest("PUT", path, [{"type": 9}])) == (400, 50035)
    assert refused(await rest("PUT", path, wanted * 6)) == (400, 50035)


async def test_every_read_answers_as_discord_describes(rest: Rest, playground: Playground) -> None:
    """Each GET there is, once: none breaks, and `described` holds every answer against Discord's description."""
    empower(may.ADMINISTRATOR, 9)
    message = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "x"}, {})
    emoji = (await rest("POST", f"{GUILD}/emojis", {"name": "lemur", "image": PICTURE})).body
    sticker = (await sent(rest, {"name": "lemur", "tags": "animal"})).body
    await rest("PUT", f"{GUILD}/bans/{MIA_ID}")
    known = {
        "guild_id": GUILD_ID,
        "channel_id": ASCII_CHANNEL,
        "application_id": APPLICATION_ID,
        "user_id": MIA_ID,
        "role_id": BOT_ROLE,
        "message_id": message.id,
        "emoji_id": emoji["id"],
        "sticker_id": sticker["id"],
        "emoji_name": "%F0%9F%A9%B7",
    }
    ours = {(route.method, shape(route.template)) for route in ROUTES}
    asked, fine = 0, 0
    for one in OPERATIONS:
        if one.method != "GET" or ("GET", shape(one.template)) not in ours:
            continue
        path = re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], "7"), one.template)
        query = "?query=m" if path.endswith("/search") else ""
        answer = await rest("GET", path + query)
        assert answer.status < 300 or 400 <= answer.status < 500, (path, answer.body)
        assert answer.status != 404 or answer.body["code"] > 10_000, (path, answer.body)
        playground.clock.advance(1)
        asked, fine = asked + 1, fine + (answer.status < 300)
    assert asked >= 60 and fine >= 45, (asked, fine)
