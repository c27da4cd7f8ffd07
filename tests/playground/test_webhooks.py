"""Webhooks that are no interaction's: made, changed, and what they send, with Discord's errors and events."""

from __future__ import annotations

import base64

import pytest

from playground.server import Playground
from playground.state.audit_log import Act
from playground.state.permissions import MANAGE_WEBHOOKS
from playground.state.seed import ADA_ID, ASCII_CHANNEL, BOT_ID, GENERAL_CHANNEL, GUILD_ID, SHOWCASE_FORUM
from playground.state.webhooks import MOST
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import Json, Presser, Rest, empower, refused

pytestmark = pytest.mark.usefixtures("described")
HOOKS = f"/channels/{ASCII_CHANNEL}/webhooks"


async def made(rest: Rest, channel: str = ASCII_CHANNEL) -> Json:
    empower(MANAGE_WEBHOOKS)
    answer = await rest("POST", f"/channels/{channel}/webhooks", {"name": "Herald"})
    assert answer.status == 200, answer.body
    body: Json = answer.body
    return body


def path_of(hook: Json) -> str:
    return f"/webhooks/{hook['id']}/{hook['token']}"


async def test_webhooks_are_made_listed_changed_and_deleted(
    playground: Playground, rest: Rest, events: list[tuple[str, Json]]
) -> None:
    assert refused(await rest("POST", HOOKS, {"name": "x"})) == (403, 50013)
    assert refused(await rest("GET", f"/guilds/{GUILD_ID}/webhooks")) == (403, 50013)
    hook = await made(rest)
    assert (hook["type"], hook["application_id"], hook["user"]["id"]) == (1, BOT_ID, BOT_ID)
    assert hook["url"] == f"{playground.url}/api/webhooks/{hook['id']}/{hook['token']}"
    assert events[-1] == ("WEBHOOKS_UPDATE", {"guild_id": GUILD_ID, "channel_id": ASCII_CHANNEL})
    assert playground.world.audit_log.entries[-1]["action_type"] == 50
    assert (await rest("GET", HOOKS)).body == (await rest("GET", f"/guilds/{GUILD_ID}/webhooks")).body == [hook]
    assert (await rest("GET", f"/webhooks/{hook['id']}")).body == hook
    seen = (await rest("GET", path_of(hook), token=None)).body
    assert "user" not in seen and seen["token"] == hook["token"]
    picture = f"data:image/png;base64,{base64.b64encode(PNG_3X2).decode()}"
    moved = {"name": "Crier", "avatar": picture, "channel_id": GENERAL_CHANNEL}
    changed = (await rest("PATCH", f"/webhooks/{hook['id']}", moved)).body
    assert (changed["name"], changed["channel_id"]) == ("Crier", GENERAL_CHANNEL) and changed["avatar"]
    again = (await rest("PATCH", path_of(hook), {"name": "Bell", "channel_id": ASCII_CHANNEL}, token=None)).body
    assert (again["name"], again["channel_id"]) == ("Bell", GENERAL_CHANNEL)  # a token moves nothing
    assert refused(await rest("GET", f"/webhooks/{hook['id']}/wrong", token=None)) == (401, 50027)
    assert (await rest("DELETE", path_of(hook), token=None)).status == 204
    assert refused(await rest("GET", f"/webhooks/{hook['id']}")) == (404, 10015)
    assert refused(await rest("POST", path_of(hook), {"content": "x"}, token=None)) == (404, 10015)
    assert (await rest("DELETE", f"/webhooks/{(await made(rest))['id']}")).status == 204


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "x" * 81}, {"name": "my Discord"}, {"name": "Clyde"}, {"name": "x", "avatar": "y"}],
)
async def test_names_that_no_webhook_may_bear(rest: Rest, body: Json) -> None:
    empower(MANAGE_WEBHOOKS)
    assert refused(await rest("POST", HOOKS, body)) == (400, 50035)


async def test_a_channel_has_fifteen_webhooks(playground: Playground, rest: Rest) -> None:
    for _ in range(MOST):
        playground.world.webhooks.create(ASCII_CHANNEL, "x", None, Act())
    empower(MANAGE_WEBHOOKS)
    assert refused(await rest("POST", HOOKS, {"name": "x"})) == (400, 30007)


async def test_what_a_webhook_sends(rest: Rest, events: list[tuple[str, Json]]) -> None:
    hook = await made(rest)
    path = path_of(hook)
    silent = await rest("POST", path, {"content": "one"}, token=None)
    assert silent.status == 204
    name, data = events[-1]
    assert (name, data["content"], data["webhook_id"]) == ("MESSAGE_CREATE", "one", hook["id"])
    assert data["author"]["username"] == "Herald" and "member" not in data
    body = {"content": "two", "username": "Town crier", "avatar_url": "https://example.org/a.png", "tts": False}
    sent = await rest.multipart("POST", f"{path}?wait=true", body, {"files[0]": ("a.png", PNG_3X2)}, token=None)
    message = sent.body
    assert message["author"]["username"] == "Town crier" and message["author"]["avatar"]
    assert (message["author"]["id"], message["application_id"]) == (hook["id"], BOT_ID)
    assert message["attachments"][0]["width"] == 3
    odd = {"content": "two and a half", "avatar_url": "https://example.org/half \ud83e.png"}
    assert (await rest("POST", f"{path}?wait=true", odd, token=None)).body["author"]["avatar"]
    one = f"{path}/messages/{message['id']}"
    assert (await rest("GET", one, token=None)).body["content"] == "two"
    assert (await rest("PATCH", one, {"content": "three"}, token=None)).body["content"] == "three"
    assert refused(
        await rest("PATCH", f"/channels/{ASCII_CHANNEL}/messages/{message['id']}", {"content": "x"})
    ) == (403, 50005)
    assert (await rest("DELETE", one, token=None)).status == 204
    assert refused(await rest("GET", one, token=None)) == (404, 10008)
    assert refused(await rest("POST", path, {}, token=None)) == (400, 50006)


async def test_webhooks_of_people_send_no_buttons(playground: Playground, rest: Rest) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x"}]}
    mine = path_of(await made(rest))
    body = {"content": "x", "components": [row]}
    assert (await rest("POST", f"{mine}?wait=true", body, token=None)).body["components"]
    adas = playground.world.webhooks.create(ASCII_CHANNEL, "hers", None, Act(ADA_ID))
    path = f"/webhooks/{adas.id}/{adas.token}"
    assert (await rest("POST", f"{path}?wait=true", body, token=None)).body["components"] == []
    answer = await rest("POST", f"{path}?wait=true&with_components=true", body, token=None)
    assert refused(answer) == (400, 50035)
    unseen = (await rest("GET", f"/channels/{ASCII_CHANNEL}/messages?limit=1")).body[0]
    assert (unseen["webhook_id"], unseen["content"]) == (adas.id, "")  # no intent for what others write


async def test_webhooks_in_threads_and_forums(rest: Rest, events: list[tuple[str, Json]]) -> None:
    hook = await made(rest)
    path = f"{path_of(hook)}?wait=true"
    body = {"name": "here", "type": 11}
    thread = (await rest("POST", f"/channels/{ASCII_CHANNEL}/threads", body)).body["id"]
    sent = (await rest("POST", f"{path}&thread_id={thread}", {"content": "x"}, token=None)).body
    assert sent["channel_id"] == thread
    one = f"{path_of(hook)}/messages/{sent['id']}"
    assert refused(await rest("GET", one, token=None)) == (404, 10008)
    assert (await rest("GET", f"{one}?thread_id={thread}", token=None)).status == 200
    assert refused(await rest("POST", f"{path}&thread_id=1", {"content": "x"}, token=None)) == (404, 10003)
    named = {"content": "x", "thread_name": "new"}
    assert refused(await rest("POST", path, named, token=None)) == (400, 220003)
    forum = f"{path_of(await made(rest, SHOWCASE_FORUM))}?wait=true"
    assert refused(await rest("POST", forum, {"content": "x"}, token=None)) == (400, 220001)
    assert refused(await rest("POST", f"{forum}&thread_id={thread}", named, token=None)) == (400, 220002)
    post = (await rest("POST", forum, named | {"applied_tags": ["170000000000000001"]}, token=None)).body
    assert post["id"] == post["channel_id"] and post["webhook_id"]
    created = next(data for name, data in events if name == "THREAD_CREATE" and data["id"] == post["id"])
    assert created["member_count"] == 0 and created["applied_tags"] == ["170000000000000001"]
    await rest("PATCH", f"/channels/{thread}", {"archived": True})
    assert refused(await rest("PATCH", f"{one}?thread_id={thread}", {"content": "y"}, token=None)) == (400, 50083)


async def test_an_interactions_own_webhook_is_as_it_was(bot: Presser, rest: Rest) -> None:
    await made(rest)
    used = await bot.used()
    await bot.answer(used, {"type": 5})
    edited = await rest("PATCH", bot.hook(used), {"content": "done"}, token=None)
    assert edited.body["content"] == "done" and edited.body["webhook_id"] == BOT_ID
    more = await rest("POST", bot.hook(used, ""), {"content": "more"}, token=None)
    assert more.body["message_reference"]["message_id"] == edited.body["id"]
