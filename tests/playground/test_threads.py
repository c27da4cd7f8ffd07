"""Threads and forums, with Discord's events, errors and permissions; every answer held against its description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from playground.server import Playground
from playground.state.permissions import KICK_MEMBERS, MANAGE_CHANNELS, MANAGE_THREADS, VIEW_CHANNEL
from playground.state.seed import (
    ADA_ID,
    ASCII_CHANNEL,
    BOT_ID,
    BOT_ROLE,
    CHANNELS,
    GENERAL_CHANNEL,
    GUILD_ID,
    MIA_ID,
    MOD_ID,
    NEWS_CHANNEL,
    QUIET_CHANNEL,
    ROLES,
    SAM_ID,
    SHOWCASE_FORUM,
    STAFF_CHANNEL,
    THREADS,
    Overwrite,
)
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import Json, Presser, Rest, Socket, connect, control, empower, refused

ASCII = f"/channels/{ASCII_CHANNEL}"
pytestmark = pytest.mark.usefixtures("described")
PORTRAIT, LANDSCAPE, CHOSEN = (f"17000000000000000{n}" for n in (1, 2, 3))


@pytest_asyncio.fixture
async def socket(playground: Playground) -> AsyncIterator[Socket]:
    async with connect(playground) as socket:
        await socket.identify()
        await socket.event("GUILD_CREATE")
        yield socket


@pytest.fixture
def moderator() -> None:
    empower(MANAGE_THREADS)


async def started(rest: Rest, **more: object) -> Json:
    answer = await rest("POST", f"{ASCII}/threads", {"name": "here", "type": 11, **more})
    assert answer.status == 201, answer.body
    body: Json = answer.body
    return body


async def test_a_thread_from_a_message(rest: Rest, socket: Socket) -> None:
    message = (await rest("POST", f"{ASCII}/messages", {"content": "look"})).body
    path = f"{ASCII}/messages/{message['id']}/threads"
    made = await rest("POST", path, {"name": "about it", "auto_archive_duration": 60})
    assert made.status == 201
    thread = made.body
    assert (thread["id"], thread["type"], thread["parent_id"]) == (message["id"], 11, ASCII_CHANNEL)
    assert thread["thread_metadata"]["auto_archive_duration"] == 60 and thread["member"]["user_id"] == BOT_ID
    created = await socket.event("THREAD_CREATE")
    assert created["newly_created"] and created["id"] == thread["id"]
    assert (await socket.event("THREAD_MEMBERS_UPDATE"))["added_members"][0]["user_id"] == BOT_ID
    assert (await socket.event("THREAD_MEMBER_UPDATE"))["guild_id"] == GUILD_ID
    updated = await socket.event("MESSAGE_UPDATE")
    assert updated["flags"] & 1 << 5 and updated["thread"]["id"] == thread["id"]
    starter = await socket.event("MESSAGE_CREATE")
    assert (starter["type"], starter["channel_id"]) == (21, thread["id"])
    assert starter["message_reference"]["channel_id"] == ASCII_CHANNEL
    assert starter["referenced_message"]["content"] == "look"
    assert refused(await rest("POST", path, {"name": "again"})) == (400, 160004)
    assert refused(await rest("DELETE", f"/channels/{thread['id']}/messages/{starter['id']}")) == (403, 50021)
    assert (await rest("GET", f"{ASCII}/messages/{message['id']}")).body["thread"]["name"] == "about it"


async def test_a_thread_without_a_message(rest: Rest, socket: Socket) -> None:
    thread = await started(rest)
    told = await socket.event("MESSAGE_CREATE")
    assert (told["type"], told["content"], told["channel_id"]) == (18, "here", ASCII_CHANNEL)
    assert told["message_reference"]["channel_id"] == thread["id"]
    assert refused(await rest("POST", f"{ASCII}/messages/{told['id']}/threads", {"name": "x"})) == (400, 50021)
    hidden = (await rest("POST", f"{ASCII}/threads", {"name": "secret", "invitable": False})).body
    assert hidden["type"] == 12 and hidden["thread_metadata"]["invitable"] is False
    await rest("POST", f"/channels/{hidden['id']}/messages", {"content": "one"})
    assert (await socket.event("MESSAGE_CREATE"))["channel_id"] == hidden["id"]  # no word of it in the channel
    news = (await rest("POST", f"/channels/{NEWS_CHANNEL}/threads", {"name": "news", "type": 10})).body
    assert news["type"] == 10


@pytest.mark.parametrize(
    ("channel", "body", "status", "code"),
    [
        (ASCII_CHANNEL, {}, 400, 50035),
        (ASCII_CHANNEL, {"name": ""}, 400, 50035),
        (ASCII_CHANNEL, {"name": "x" * 101}, 400, 50035),
        (ASCII_CHANNEL, {"name": "x", "auto_archive_duration": 61}, 400, 50035),
        (ASCII_CHANNEL, {"name": "x", "rate_limit_per_user": 21601}, 400, 50035),
        (ASCII_CHANNEL, {"name": "x", "type": 10}, 400, 50035),
        (ASCII_CHANNEL, {"name": "x", "type": "many"}, 400, 50035),
        (NEWS_CHANNEL, {"name": "x", "type": 12}, 400, 50035),
        (STAFF_CHANNEL, {"name": "x", "type": 11}, 403, 50001),
        (SHOWCASE_FORUM, {"name": "x"}, 400, 50035),
        (SHOWCASE_FORUM, {"name": "x", "message": {}}, 400, 50006),
        (SHOWCASE_FORUM, {"name": "x", "message": {"content": "x"}, "applied_tags": ["1"]}, 400, 10087),
        (SHOWCASE_FORUM, {"name": "x", "message": {"content": "x"}, "applied_tags": [CHOSEN]}, 403, 50013),
        (SHOWCASE_FORUM, {"name": "x", "message": {"content": "x"}, "applied_tags": ["1"] * 6}, 400, 50035),
        ("160000000000000001", {"name": "x", "type": 11}, 400, 50024),
    ],
)
async def test_threads_that_cannot_be(rest: Rest, channel: str, body: Json, status: int, code: int) -> None:
    assert refused(await rest("POST", f"/channels/{channel}/threads", body)) == (status, code)
    assert not THREADS


async def test_who_may_start_one_is_up_to_the_channel(rest: Rest) -> None:
    CHANNELS[GENERAL_CHANNEL].overwrites[BOT_ROLE] = Overwrite(deny=1 << 35)
    body = {"name": "x", "type": 11}
    assert refused(await rest("POST", f"/channels/{GENERAL_CHANNEL}/threads", body)) == (403, 50013)
    CHANNELS[SHOWCASE_FORUM].overwrites[BOT_ROLE] = Overwrite(deny=1 << 11)
    post = {"name": "x", "message": {"content": "x"}}
    assert refused(await rest("POST", f"/channels/{SHOWCASE_FORUM}/threads", post)) == (403, 50013)
    thread = (await rest("POST", f"/channels/{QUIET_CHANNEL}/threads", body)).body
    written = await rest(
        "POST", f"/channels/{thread['id']}/messages", {"content": "threads have a permission of their own"}
    )
    assert written.status == 200


async def test_a_post_in_a_forum(rest: Rest, socket: Socket) -> None:
    body = {"name": "my cat", "message": {"content": "look"}, "applied_tags": [PORTRAIT]}
    made = await rest.multipart(
        "POST", f"/channels/{SHOWCASE_FORUM}/threads", body, {"files[0]": ("c.png", PNG_3X2)}
    )
    assert made.status == 201
    post = made.body
    assert post["message"]["id"] == post["id"] and post["applied_tags"] == [PORTRAIT]
    assert post["message"]["attachments"][0]["width"] == 3 and post["message_count"] == 0
    assert (await socket.event("THREAD_CREATE"))["applied_tags"] == [PORTRAIT]
    assert (await socket.event("MESSAGE_CREATE"))["channel_id"] == post["id"]
    assert refused(await rest("POST", f"/channels/{SHOWCASE_FORUM}/messages", {"content": "x"})) == (400, 50008)
    assert (await rest("GET", f"/channels/{SHOWCASE_FORUM}")).body["last_message_id"] == post["id"]
    await rest("POST", f"/channels/{post['id']}/messages", {"content": "thanks"})
    assert (await rest("GET", f"/channels/{post['id']}")).body["message_count"] == 1
    CHANNELS[SHOWCASE_FORUM].settings["flags"] = 1 << 4  # tags are asked for
    without = {"name": "x", "message": {"content": "x"}}
    assert refused(await rest("POST", f"/channels/{SHOWCASE_FORUM}/threads", without)) == (400, 40067)


async def test_writing_opens_an_archived_thread_unless_it_is_locked(
    playground: Playground, rest: Rest, socket: Socket
) -> None:
    thread = await started(rest)
    path = f"/channels/{thread['id']}"
    first = (await rest("POST", f"{path}/messages", {"content": "one"})).body
    assert first["position"] == 0
    assert (await rest("PATCH", path, {"archived": True})).body["thread_metadata"]["archived"]
    assert (await socket.event("THREAD_UPDATE"))["thread_metadata"]["archived"]
    one = f"{path}/messages/{first['id']}"
    assert refused(await rest("PATCH", one, {"content": "two"})) == (400, 50083)
    assert refused(await rest("PUT", f"{one}/reactions/%F0%9F%A9%B7/@me")) == (400, 50083)
    assert refused(await rest("PATCH", path, {"name": "other"})) == (400, 50083)
    assert refused(await rest("PUT", f"{path}/thread-members/{MIA_ID}")) == (400, 50083)
    assert (await rest("POST", f"{path}/messages", {"content": "three"})).body["position"] == 1
    assert (await socket.event("THREAD_UPDATE"))["thread_metadata"]["archived"] is False
    assert (await socket.event("MESSAGE_CREATE"))["content"] == "three"
    assert refused(await rest("PATCH", path, {"locked": True})) == (403, 50013)
    await control(playground, "PATCH", "/thread", {"thread_id": thread["id"], "user_id": MOD_ID, "locked": True})
    assert refused(await rest("POST", f"{path}/messages", {"content": "x"})) == (400, 160005)
    await control(playground, "PATCH", "/thread", {"thread_id": thread["id"], "user_id": MOD_ID, "archived": True})
    assert refused(await rest("POST", f"{path}/messages", {"content": "x"})) == (400, 50083)
    assert refused(await rest("PATCH", path, {"archived": False})) == (403, 50013)


async def test_a_quiet_thread_is_archived_in_time(playground: Playground, rest: Rest, socket: Socket) -> None:
    thread = await started(rest, auto_archive_duration=60)
    playground.clock.advance(3000)
    await rest("POST", f"/channels/{thread['id']}/messages", {"content": "still here"})
    playground.clock.advance(3000)
    assert not THREADS[thread["id"]].archived
    playground.clock.advance(601)
    assert (await socket.event("THREAD_UPDATE"))["thread_metadata"]["archived"]
    assert (await rest("PATCH", f"/channels/{thread['id']}", {"archived": False})).status == 200
    playground.clock.advance(3601)
    assert THREADS[thread["id"]].archived


async def test_a_thread_is_changed_and_deleted(rest: Rest, socket: Socket, moderator: None) -> None:
    thread = await started(rest)
    path = f"/channels/{thread['id']}"
    changes = {"name": "there", "rate_limit_per_user": 5, "auto_archive_duration": 10080, "locked": True}
    changed = (await rest("PATCH", path, changes)).body
    assert (changed["name"], changed["rate_limit_per_user"]) == ("there", 5)
    assert changed["thread_metadata"]["locked"]
    assert (await socket.event("THREAD_UPDATE"))["name"] == "there"
    renamed = await socket.event("MESSAGE_CREATE")
    assert (renamed["type"], renamed["content"]) == (4, "there")
    deleted = await rest("DELETE", path)
    assert deleted.body["id"] == thread["id"]
    where = {"id": thread["id"], "guild_id": GUILD_ID, "parent_id": ASCII_CHANNEL, "type": 11}
    assert await socket.event("THREAD_DELETE") == where
    assert refused(await rest("GET", path)) == (404, 10003)
    assert refused(await rest("DELETE", f"{ASCII}/thread-members/@me")) == (400, 50024)


async def test_only_one_post_of_a_forum_is_pinned(rest: Rest, moderator: None) -> None:
    posts = []
    for name in ("a", "b"):
        body = {"name": name, "message": {"content": name}}
        posts.append((await rest("POST", f"/channels/{SHOWCASE_FORUM}/threads", body)).body["id"])
    assert (await rest("PATCH", f"/channels/{posts[0]}", {"flags": 2})).body["flags"] == 2
    assert refused(await rest("PATCH", f"/channels/{posts[1]}", {"flags": 2})) == (400, 30047)
    tagged = (await rest("PATCH", f"/channels/{posts[1]}", {"applied_tags": [CHOSEN]})).body
    assert tagged["applied_tags"] == [CHOSEN]


async def test_members_of_a_thread(playground: Playground, rest: Rest, socket: Socket) -> None:
    thread = await started(rest)
    path = f"/channels/{thread['id']}/thread-members"
    assert (await rest("PUT", f"{path}/{MIA_ID}")).status == 204
    while (added := await socket.event("MESSAGE_CREATE"))["type"] != 1:
        pass
    assert [user["id"] for user in added["mentions"]] == [MIA_ID]
    assert (await rest("PUT", f"{path}/{MIA_ID}")).status == 204  # as she is one already
    await control(playground, "POST", "/message", {"channel_id": thread["id"], "user_id": SAM_ID, "content": "hi"})
    assert refused(await rest("GET", path)) == (403, 50001)  # without the intent for members
    playground.world.portal.intents["members"] = True
    members = (await rest("GET", f"{path}?with_member=true")).body
    assert [(m["user_id"], m["member"]["user"]["id"]) for m in members] == [
        (u, u) for u in (BOT_ID, MIA_ID, SAM_ID)
    ]
    assert "member" not in (await rest("GET", f"{path}/{MIA_ID}")).body
    assert refused(await rest("DELETE", f"{path}/{MIA_ID}")) == (403, 50013)
    assert refused(await rest("GET", f"{path}/{ADA_ID}")) == (404, 10007)
    assert refused(await rest("PUT", f"{path}/1")) == (404, 10013)
    assert (await rest("DELETE", f"{path}/@me")).status == 204
    assert (await socket.event("THREAD_MEMBERS_UPDATE"))["removed_member_ids"] == [BOT_ID]
    assert "member" not in (await rest("GET", f"/channels/{thread['id']}")).body
    assert (await rest("PUT", f"{path}/@me")).status == 204
    assert (await socket.event("THREAD_MEMBER_UPDATE"))["id"] == thread["id"]


async def test_a_private_thread_is_its_members(playground: Playground, rest: Rest, socket: Socket) -> None:
    body = {"name": "whispers", "private": True, "user_id": MIA_ID}
    thread_id = (await control(playground, "POST", "/thread", body))["thread_id"]
    assert refused(await rest("GET", f"/channels/{thread_id}")) == (403, 50001)
    assert (await rest("GET", f"/guilds/{GUILD_ID}/threads/active")).body["threads"] == []
    mention = {"channel_id": thread_id, "user_id": MIA_ID, "content": f"<@{BOT_ID}> look"}
    await control(playground, "POST", "/message", mention)
    came = await socket.event("THREAD_CREATE")
    assert came["id"] == thread_id and "newly_created" not in came and came["member"]["user_id"] == BOT_ID
    assert (await socket.event("MESSAGE_CREATE"))["content"] == mention["content"]
    assert (await rest("DELETE", f"/channels/{thread_id}/thread-members/@me")).status == 204
    assert (await socket.event("THREAD_MEMBERS_UPDATE"))["removed_member_ids"] == [BOT_ID]
    assert refused(await rest("GET", f"/channels/{thread_id}")) == (403, 50001)


async def test_who_may_bring_others_into_a_private_thread(playground: Playground, rest: Rest) -> None:
    hidden = (await rest("POST", f"{ASCII}/threads", {"name": "x", "type": 12, "invitable": False})).body["id"]
    with pytest.raises(AssertionError, match="50001"):  # who does not see it cannot join
        await control(playground, "POST", "/thread/member", {"thread_id": hidden, "user_id": SAM_ID})
    await rest("POST", f"/channels/{hidden}/messages", {"content": f"<@{MIA_ID}> come"})
    assert list(THREADS[hidden].members) == [BOT_ID, MIA_ID]
    write = {"channel_id": hidden, "user_id": MIA_ID, "content": f"<@{SAM_ID}> come"}
    await control(playground, "POST", "/message", write)
    assert list(THREADS[hidden].members) == [BOT_ID, MIA_ID]  # her mention brings nobody
    with pytest.raises(AssertionError, match="50013"):
        bring = {"thread_id": hidden, "user_id": MIA_ID, "member_id": SAM_ID}
        await control(playground, "POST", "/thread/member", bring)


async def test_lists_of_threads(playground: Playground, rest: Rest, moderator: None) -> None:
    ids = []
    for kind in (11, 11, 11, 12):
        playground.clock.advance(20)
        ids.append((await started(rest, type=kind))["id"])
    active = (await rest("GET", f"/guilds/{GUILD_ID}/threads/active")).body
    assert [thread["id"] for thread in active["threads"]] == ids[::-1] and len(active["members"]) == 4
    for thread in ids:
        playground.clock.advance(20)
        await rest("PATCH", f"/channels/{thread}", {"archived": True})
    public = (await rest("GET", f"{ASCII}/threads/archived/public?limit=2")).body
    assert [thread["id"] for thread in public["threads"]] == ids[2:0:-1] and public["has_more"]
    before = public["threads"][-1]["thread_metadata"]["archive_timestamp"].replace("+", "%2B")
    rest_of = (await rest("GET", f"{ASCII}/threads/archived/public?before={before}")).body
    assert [thread["id"] for thread in rest_of["threads"]] == ids[:1] and not rest_of["has_more"]
    for path in ("threads/archived/private", "users/@me/threads/archived/private"):
        assert [t["id"] for t in (await rest("GET", f"{ASCII}/{path}")).body["threads"]] == ids[3:]
    assert refused(await rest("GET", f"{ASCII}/threads/archived/public?before=noon")) == (400, 50035)
    assert refused(await rest("GET", "/guilds/1/threads/active")) == (404, 10004)
    ROLES[BOT_ROLE].permissions &= ~MANAGE_THREADS
    assert refused(await rest("GET", f"{ASCII}/threads/archived/private")) == (403, 50013)


async def test_the_guild_comes_with_its_threads_and_access_brings_more(playground: Playground, rest: Rest) -> None:
    thread = await started(rest)
    CHANNELS[ASCII_CHANNEL].overwrites[BOT_ROLE] = Overwrite(deny=VIEW_CHANNEL)
    playground.world.events.emit("CHANNEL_UPDATE", CHANNELS[ASCII_CHANNEL].as_json())
    async with connect(playground) as socket:
        await socket.identify()
        assert (await socket.event("GUILD_CREATE"))["threads"] == []
        del CHANNELS[ASCII_CHANNEL].overwrites[BOT_ROLE]
        playground.world.events.emit("CHANNEL_UPDATE", CHANNELS[ASCII_CHANNEL].as_json())
        sync = await socket.event("THREAD_LIST_SYNC")
        assert sync["channel_ids"] == [ASCII_CHANNEL] and sync["threads"][0]["id"] == thread["id"]
        assert sync["members"][0]["user_id"] == BOT_ID
    async with connect(playground) as socket:
        await socket.identify()
        assert [t["id"] for t in (await socket.event("GUILD_CREATE"))["threads"]] == [thread["id"]]


async def test_commands_and_buttons_in_a_thread(bot: Presser, rest: Rest) -> None:
    thread = await started(rest)
    used = await bot.used(channel_id=thread["id"])
    assert used["channel"]["thread_metadata"]["archived"] is False and used["channel"]["parent_id"] == ASCII_CHANNEL
    assert used["guild_id"] == GUILD_ID
    button = {"type": 1, "components": [{"type": 2, "style": 1, "label": "More", "custom_id": "more"}]}
    answer = await bot.answer(used, {"type": 4, "data": {"content": "here", "components": [button]}})
    message = answer.body["resource"]["message"]
    assert message["channel_id"] == thread["id"]
    press = {"message_id": message["id"], "custom_id": "more", "channel_id": thread["id"]}
    await control(bot.playground, "POST", "/click", press)
    pressed = await bot.socket.event("INTERACTION_CREATE")
    assert pressed["channel_id"] == thread["id"] and pressed["message"]["id"] == message["id"]
    assert (await bot.answer(pressed, {"type": 7, "data": {"content": "more"}})).status == 200
    state = await control(bot.playground, "GET", f"/state?channel={thread['id']}")
    assert state["threads"][0]["members"] == [BOT_ID] and len(state["messages"][thread["id"]]) == 1


async def test_no_commands_where_nobody_can_write(bot: Presser, rest: Rest, moderator: None) -> None:
    thread = await started(rest, name="over")
    assert (await rest("PATCH", f"/channels/{thread['id']}", {"locked": True})).status == 200
    async with aiohttp.ClientSession() as session:
        for place, code in ((thread["id"], 160005), (SHOWCASE_FORUM, 50008)):
            body: Json = {"command": "ascii", "channel_id": place, "options": {}}
            async with session.post(f"{bot.playground.url}/playground/slash", json=body) as answer:
                assert (await answer.json())["code"] == code
    assert (await bot.used(channel_id=thread["id"], user_id=MOD_ID))["channel"]["id"] == thread["id"]


async def test_what_a_person_does_with_threads(playground: Playground) -> None:
    made = await control(
        playground, "POST", "/thread", {"name": "cats", "channel_id": SHOWCASE_FORUM, "content": "x"}
    )
    thread = {"thread_id": made["thread_id"]}
    assert made["message_id"] == made["thread_id"]
    assert (await control(playground, "PATCH", "/thread", {**thread, "name": "dogs"}))["name"] == "dogs"
    joined = await control(playground, "POST", "/thread/member", {**thread, "user_id": SAM_ID})
    assert joined["members"] == [MIA_ID, SAM_ID]
    left = await control(playground, "DELETE", "/thread/member", {**thread, "user_id": ADA_ID, "member_id": SAM_ID})
    assert left["members"] == [MIA_ID]
    await control(playground, "DELETE", "/thread", {**thread, "user_id": MOD_ID})
    assert not THREADS


async def test_a_channel_takes_its_threads_and_a_member_leaves_them(playground: Playground, rest: Rest) -> None:
    thread = await started(rest)
    assert (await rest("PUT", f"/channels/{thread['id']}/thread-members/{MIA_ID}")).status == 204
    empower(KICK_MEMBERS | MANAGE_CHANNELS | MANAGE_THREADS)
    assert (await rest("DELETE", f"/guilds/{GUILD_ID}/members/{MIA_ID}")).status == 204
    assert list(THREADS[thread["id"]].members) == [BOT_ID]
    kept = await started(rest)
    assert (await rest("DELETE", f"/channels/{kept['id']}", reason="over")).status == 200
    logged = [entry for entry in playground.world.audit_log.entries if entry["target_id"] == kept["id"]]
    assert [entry["action_type"] for entry in logged] == [110, 112] and logged[1]["reason"] == "over"
    assert (await rest("DELETE", ASCII)).status == 200
    assert not THREADS and not playground.world.messages


async def test_searching_threads(rest: Rest) -> None:
    ids = []
    for name, tags in (("A cat", [PORTRAIT]), ("Two cats", [PORTRAIT, LANDSCAPE]), ("A dog", [])):
        body = {"name": name, "message": {"content": name}, "applied_tags": tags}
        ids.append((await rest("POST", f"/channels/{SHOWCASE_FORUM}/threads", body)).body["id"])
    search = f"/channels/{SHOWCASE_FORUM}/threads/search"

    async def found(query: str) -> list[str]:
        return [thread["id"] for thread in (await rest("GET", f"{search}?{query}")).body["threads"]]

    assert await found("") == ids[::-1]
    assert await found("name=CAT&sort_by=creation_time&sort_order=asc") == ids[:2]
    assert await found(f"tag={PORTRAIT},{LANDSCAPE}") == ids[1::-1]
    assert await found(f"tag={PORTRAIT},{LANDSCAPE}&tag_setting=match_all") == ids[1:2]
    assert await found("archived=true") == []
    page = (await rest("GET", f"{search}?limit=1&offset=1")).body
    assert (page["total_results"], page["has_more"]) == (3, True)
    assert [message["id"] for message in page["first_messages"]] == ids[1:2]


async def test_slow_mode_holds_people_up(playground: Playground, rest: Rest, moderator: None) -> None:
    thread = await started(rest, rate_limit_per_user=30)
    write = {"channel_id": thread["id"], "user_id": MIA_ID, "content": "hi"}
    async with aiohttp.ClientSession() as session:
        for user, status in ((MIA_ID, 200), (MIA_ID, 429), (MOD_ID, 200), (MOD_ID, 200), (SAM_ID, 200)):
            body = {**write, "user_id": user}
            async with session.post(f"{playground.url}/playground/message", json=body) as answer:
                assert answer.status == status
    playground.clock.advance(31)
    await control(playground, "POST", "/message", write)
