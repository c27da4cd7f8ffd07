"""Pinned messages, deletion in bulk and published announcements, with Discord's errors and events."""

from __future__ import annotations

import pytest

from playground.server import Playground
from playground.state.audit_log import Act
from playground.state.permissions import MANAGE_MESSAGES, MANAGE_WEBHOOKS, PIN_MESSAGES
from playground.state.pins import MOST
from playground.state.seed import ADA_ID, ASCII_CHANNEL, BOT_ID, GENERAL_CHANNEL, GUILD_ID, MIA_ID, NEWS_CHANNEL
from tests.playground.raw import Json, Rest, control, empower, refused

pytestmark = pytest.mark.usefixtures("described")
ASCII = f"/channels/{ASCII_CHANNEL}"


async def written(rest: Rest, channel: str = ASCII, content: str = "x") -> str:
    answer = await rest("POST", f"{channel}/messages", {"content": content})
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


async def test_pins(playground: Playground, rest: Rest, events: list[tuple[str, Json]]) -> None:
    first, second = await written(rest), await written(rest)
    assert refused(await rest("PUT", f"{ASCII}/messages/pins/{first}")) == (403, 50013)
    empower(PIN_MESSAGES)
    assert (await rest("PUT", f"{ASCII}/messages/pins/{first}")).status == 204
    assert [name for name, _ in events[-3:]] == ["MESSAGE_UPDATE", "CHANNEL_PINS_UPDATE", "MESSAGE_CREATE"]
    assert events[-3][1]["pinned"] and events[-2][1]["channel_id"] == ASCII_CHANNEL
    word = events[-1][1]
    assert (word["type"], word["author"]["id"], word["message_reference"]["message_id"]) == (6, BOT_ID, first)
    heard = len(events)
    playground.clock.advance(1)
    assert (await rest("PUT", f"{ASCII}/pins/{second}", reason="good")).status == 204  # the older route
    assert playground.world.audit_log.entries[-1]["options"] == {"channel_id": ASCII_CHANNEL, "message_id": second}
    assert (await rest("PUT", f"{ASCII}/pins/{second}")).status == 204
    assert len(events) == heard + 3  # the second time changed nothing
    new = (await rest("GET", f"{ASCII}/messages/pins?limit=1")).body
    assert [item["message"]["id"] for item in new["items"]] == [second] and new["has_more"]
    before = new["items"][0]["pinned_at"].replace("+", "%2B")
    rest_of = (await rest("GET", f"{ASCII}/messages/pins?before={before}")).body
    assert [item["message"]["id"] for item in rest_of["items"]] == [first] and not rest_of["has_more"]
    assert [message["id"] for message in (await rest("GET", f"{ASCII}/pins")).body] == [second, first]
    assert (await rest("GET", ASCII)).body["last_pin_timestamp"] == new["items"][0]["pinned_at"]
    assert (await rest("DELETE", f"{ASCII}/messages/pins/{second}")).status == 204
    assert (await rest("GET", f"{ASCII}/messages/{second}")).body["pinned"] is False
    playground.clock.advance(5)
    assert refused(await rest("PUT", f"{ASCII}/messages/pins/{word['id']}")) == (403, 50021)
    assert refused(await rest("PUT", f"{ASCII}/messages/pins/1")) == (404, 10008)
    assert refused(await rest("GET", f"{ASCII}/messages/pins?before=noon")) == (400, 50035)


async def test_a_channel_holds_fifty_pins(playground: Playground, rest: Rest) -> None:
    empower(PIN_MESSAGES)
    for number in range(MOST + 1):
        playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": str(number)}, {})
    *fifty, last = list(playground.world.messages.values())
    for message in fifty:
        playground.world.pins.pin(message, Act(ADA_ID))
    assert refused(await rest("PUT", f"{ASCII}/messages/pins/{last.id}")) == (400, 30003)


async def test_everybody_pins_in_direct_messages(playground: Playground, rest: Rest) -> None:
    direct = (await rest("POST", "/users/@me/channels", {"recipient_id": MIA_ID})).body["id"]
    message = await written(rest, f"/channels/{direct}")
    done = await control(playground, "POST", "/pin", {"message_id": message, "user_id": MIA_ID})
    assert done == {"pinned": True}
    assert (await rest("DELETE", f"/channels/{direct}/messages/pins/{message}")).status == 204


async def test_deleting_in_bulk(playground: Playground, rest: Rest, events: list[tuple[str, Json]]) -> None:
    ids = [await written(rest) for _ in range(2)]
    path = f"{ASCII}/messages/bulk-delete"
    empower(MANAGE_MESSAGES)
    assert refused(await rest("POST", path, {"messages": ids[:1]})) == (400, 50016)
    playground.clock.advance(1)
    assert refused(await rest("POST", path, {"messages": [*ids, "1"]})) == (400, 50034)
    playground.clock.advance(1)
    assert (await rest("POST", path, {"messages": [*ids, *ids]})).status == 204
    _, data = next(event for event in events if event[0] == "MESSAGE_DELETE_BULK")
    assert data == {"ids": ids, "channel_id": ASCII_CHANNEL, "guild_id": GUILD_ID}
    assert playground.world.audit_log.entries[-1]["options"] == {"count": "2"}
    old = [await written(rest) for _ in range(2)]
    playground.clock.advance(15 * 86400)
    assert refused(await rest("POST", path, {"messages": old})) == (400, 50034)


async def test_announcements_are_published_and_followed(rest: Rest, events: list[tuple[str, Json]]) -> None:
    news, body = f"/channels/{NEWS_CHANNEL}", {"webhook_channel_id": GENERAL_CHANNEL}
    assert refused(await rest("POST", f"{news}/followers", body)) == (403, 50013)
    empower(MANAGE_WEBHOOKS)
    assert refused(await rest("POST", f"{ASCII}/followers", body)) == (400, 50024)
    followed = (await rest("POST", f"{news}/followers", body)).body
    assert followed["channel_id"] == NEWS_CHANNEL
    assert events[-1][1]["type"] == 12 and events[-1][1]["channel_id"] == GENERAL_CHANNEL
    (hook,) = (await rest("GET", f"/channels/{GENERAL_CHANNEL}/webhooks")).body
    assert (hook["type"], hook["source_channel"]["id"]) == (2, NEWS_CHANNEL) and "token" not in hook
    message = await written(rest, news, "it is out")
    published = await rest("POST", f"{news}/messages/{message}/crosspost")
    assert published.body["flags"] & 1
    (copy, *_) = (await rest("GET", f"/channels/{GENERAL_CHANNEL}/messages")).body
    assert copy["webhook_id"] == followed["webhook_id"] and copy["flags"] & 2
    assert copy["message_reference"]["message_id"] == message and "referenced_message" not in copy
    assert refused(await rest("POST", f"{news}/messages/{message}/crosspost")) == (400, 40033)
    other = await written(rest)
    assert refused(await rest("POST", f"{ASCII}/messages/{other}/crosspost")) == (400, 50024)
