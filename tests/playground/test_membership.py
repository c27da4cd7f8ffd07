"""Who comes and goes by the controls, and the bot's own name and pictures."""

from __future__ import annotations

import base64

import pytest

from playground.server import Playground
from playground.state import permissions as may
from playground.state.seed import (
    ADA_ID,
    ASCII_CHANNEL,
    BOT_ROLE,
    GUILD_ID,
    MIA_ID,
    MODERATOR_ROLE,
    USERS,
    permissions,
)
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import Json, Rest, control, empower, refused

pytestmark = pytest.mark.usefixtures("described")

PICTURE = "data:image/png;base64," + base64.b64encode(PNG_3X2).decode()


async def status(rest: Rest, playground: Playground, path: str, body: Json) -> int:
    async with rest.session.post(f"{playground.url}/playground{path}", json=body) as answer:
        return answer.status


async def test_people_leave_and_join_and_somebody_new_is_somebody(
    rest: Rest, playground: Playground, events: list[tuple[str, Json]]
) -> None:
    await control(playground, "POST", "/leave", {"user_id": MIA_ID})
    assert permissions(MIA_ID, ASCII_CHANNEL) == 0
    await control(playground, "POST", "/join", {"user_id": MIA_ID})
    zoe = (await control(playground, "POST", "/join", {"username": "zoe"}))["user"]["id"]
    assert [name for name, _ in events] == ["GUILD_MEMBER_REMOVE", "GUILD_MEMBER_ADD", "GUILD_MEMBER_ADD"]
    assert (await rest("GET", f"/guilds/{GUILD_ID}/members/{zoe}")).body["user"]["global_name"] == "Zoe"
    assert (await rest("POST", "/users/@me/channels", {"recipient_id": zoe})).status == 200
    await control(playground, "POST", "/message", {"user_id": zoe, "content": "hello"})
    for path, body, wanted in (
        ("/join", {"username": "zoe"}, 409),
        ("/join", {"username": "Z"}, 400),
        ("/join", {"user_id": zoe}, 404),
        ("/leave", {"user_id": ADA_ID}, 404),
    ):
        assert await status(rest, playground, path, body) == wanted


async def test_the_banned_do_not_come_back(rest: Rest, playground: Playground) -> None:
    empower(may.BAN_MEMBERS)
    assert (await rest("PUT", f"/guilds/{GUILD_ID}/bans/{MIA_ID}")).status == 204
    assert await status(rest, playground, "/join", {"user_id": MIA_ID}) == 403
    await rest("DELETE", f"/guilds/{GUILD_ID}/bans/{MIA_ID}")
    assert await status(rest, playground, "/join", {"user_id": MIA_ID}) == 200


async def test_a_bot_is_given_permissions_and_a_place(rest: Rest, playground: Playground) -> None:
    path = f"/guilds/{GUILD_ID}/members/{MIA_ID}/roles/{MODERATOR_ROLE}"
    may_manage = {"role_id": BOT_ROLE, "permissions": str(may.MANAGE_ROLES | may.VIEW_CHANNEL)}
    await control(playground, "POST", "/role", may_manage)
    assert refused(await rest("PUT", path)) == (403, 50013)
    await control(playground, "POST", "/role", {"role_id": BOT_ROLE, "position": 9})
    assert (await rest("PUT", path)).status == 204
    assert await status(rest, playground, "/role", {"role_id": BOT_ROLE, "position": 0}) == 400


async def test_the_bot_changes_its_name_and_pictures(
    rest: Rest, playground: Playground, events: list[tuple[str, Json]]
) -> None:
    changed = (await rest("PATCH", "/users/@me", {"username": "scribe", "avatar": PICTURE, "banner": PICTURE})).body
    assert changed["username"] == "scribe" and (await rest("GET", "/users/@me")).body == changed
    assert events == [("USER_UPDATE", changed)]
    user_id = changed["id"]
    for place, picture in (("avatars", changed["avatar"]), ("banners", changed["banner"])):
        async with rest.session.get(f"{playground.url}/cdn/{place}/{user_id}/{picture}.png") as answer:
            assert await answer.read() == PNG_3X2
    assert refused(await rest("PATCH", "/users/@me", {"avatar": "x"})) == (400, 50035)
    assert refused(await rest("PATCH", "/users/@me", {"avatar": None})) == (429, 0)
    playground.clock.advance(3601)
    assert (await rest("PATCH", "/users/@me", {"avatar": None, "banner": None})).body["avatar"] is None
    assert USERS[user_id].username == "scribe"
