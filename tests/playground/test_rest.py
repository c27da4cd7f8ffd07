"""Messages, reactions, commands and who-am-I, each error with the status and code that Discord documents."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from playground.rules.messages import SUPPRESS_EMBEDS
from playground.server import Playground
from playground.state.permissions import MANAGE_MESSAGES
from playground.state.seed import (
    APPLICATION_ID,
    ASCII_CHANNEL,
    BOT_ID,
    GUILD_ID,
    MIA_ID,
    QUIET_CHANNEL,
    STAFF_CHANNEL,
)
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import BOT, Answer, Json, Rest, empower

MESSAGES = f"/channels/{ASCII_CHANNEL}/messages"
HEART = "%F0%9F%A9%B7"


def refused(answer: Answer) -> tuple[int, int]:
    return answer.status, answer.body["code"]


async def test_the_token_is_checked_and_the_body_is_discords(rest: Rest) -> None:
    for token in (None, "Bot wrong", BOT.removeprefix("Bot ")):
        answer = await rest("GET", "/users/@me", token=token)
        assert answer.status == 401
        assert answer.body == {"message": "401: Unauthorized", "code": 0}
    answer = await rest("GET", "/users/@me")
    assert answer.body["id"] == BOT_ID
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Via"]


async def test_unknown_things(rest: Rest) -> None:
    assert refused(await rest("GET", "/no/such/route")) == (404, 0)
    assert refused(await rest("GET", "/channels/1")) == (404, 10003)
    assert refused(await rest("GET", f"{MESSAGES}/1")) == (404, 10008)
    assert refused(await rest("GET", "/guilds/1")) == (404, 10004)
    assert refused(await rest("GET", f"/guilds/{GUILD_ID}/members/1")) == (404, 10007)
    assert refused(await rest("GET", f"/applications/{APPLICATION_ID}/commands/1")) == (404, 10063)
    assert refused(await rest("PATCH", f"/webhooks/{APPLICATION_ID}/nonsense/messages/@original", {})) == (
        404,
        10015,
    )
    assert refused(await rest("POST", "/interactions/1/nonsense/callback", {"type": 5})) == (404, 10062)


async def test_permissions_differ_by_channel(rest: Rest) -> None:
    hidden = await rest("POST", f"/channels/{STAFF_CHANNEL}/messages", {"content": "x"})
    assert refused(hidden) == (403, 50001)
    silent = await rest("POST", f"/channels/{QUIET_CHANNEL}/messages", {"content": "x"})
    assert refused(silent) == (403, 50013)
    assert (await rest("GET", f"/channels/{QUIET_CHANNEL}/messages")).status == 200


async def test_a_message_lives(rest: Rest, playground: Playground) -> None:
    made = (await rest("POST", MESSAGES, {"content": "hello"})).body
    assert made["content"] == "hello" and made["author"]["id"] == BOT_ID and made["edited_timestamp"] is None
    edited = (await rest("PATCH", f"{MESSAGES}/{made['id']}", {"content": "bye"})).body
    assert edited["content"] == "bye" and edited["edited_timestamp"]
    assert (await rest("GET", f"{MESSAGES}/{made['id']}")).body == edited
    assert [m["id"] for m in (await rest("GET", MESSAGES)).body] == [made["id"]]
    assert (await rest("DELETE", f"{MESSAGES}/{made['id']}")).status == 204
    assert refused(await rest("PATCH", f"{MESSAGES}/{made['id']}", {"content": "x"})) == (404, 10008)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, 50006, None),
        ({"content": ""}, 50006, None),
        ({"content": "x" * 2001}, 50035, "content"),
        ({"content": 5}, 50035, "content"),
        ({"content": "x", "nonce": "n" * 26}, 50035, "nonce"),
        ({"content": "x", "message_reference": {"message_id": "1"}}, 50035, "message_reference"),
        ({"content": "x", "message_reference": "1"}, 50035, "message_reference"),
        ({"embeds": [{"description": "x" * 4097}]}, 50035, "embeds"),
        ({"embeds": [{"title": "x"}] * 11}, 50035, "embeds"),
        ({"embeds": [{"fields": [{"name": "x", "value": None}]}]}, 50035, "embeds"),
        ({"content": "x", "components": [{"type": 2, "style": 1, "custom_id": "a"}]}, 50035, "components"),
        ({"content": "x", "attachments": [{"id": "7"}]}, 50035, "attachments"),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": [MIA_ID]}}, 50035, "allowed_mentions"),
    ],
)
async def test_bad_messages_are_refused(rest: Rest, body: dict[str, object], code: int, field: str | None) -> None:
    answer = await rest("POST", MESSAGES, body)
    assert refused(answer) == (400, code)
    if field is not None:
        assert field in answer.body["errors"]
    assert (await rest("GET", MESSAGES)).body == []


async def test_a_broken_body_is_a_400_not_a_500(rest: Rest) -> None:
    headers = {"Authorization": BOT, "Content-Type": "application/json"}
    assert refused(await rest.send("POST", MESSAGES, data=b"{", headers=headers)) == (400, 50109)
    kind = {"Authorization": BOT, "Content-Type": "multipart/form-data; boundary=x"}
    assert refused(await rest.send("POST", MESSAGES, data=b"--y\r\n", headers=kind)) == (400, 50035)


async def test_half_of_an_emoji_is_posted_once_and_told_to_everyone(tmp_path: Path) -> None:
    """Bots in JavaScript that cut a text at a number of characters send such halves."""
    half, record = "it is \ud83e", tmp_path / "record.jsonl"
    proxied = {"url": f"https://example.org/{half}", "proxy_url": "attachment://a.png"}
    async with Playground(record=record) as running, aiohttp.ClientSession() as session:
        rest = Rest(running.url, session)
        async with (
            session.get(f"{running.url}/playground/events") as page,
            session.get(f"{running.url}/playground/inspector") as inspector,
        ):
            made = await rest("POST", MESSAGES, {"content": half})
            embeds = {"embeds": [{"title": half, "image": proxied}]}
            shown = await rest.multipart("POST", MESSAGES, embeds, {"files[0]": ("a.png", PNG_3X2)})
            assert (made.status, made.body["content"], shown.status) == (200, half, 200)
            assert shown.body["embeds"][0]["title"] == half
            for stream, event in ((page, "message"), (inspector, "exchange")):
                heard = await asyncio.wait_for(_data_of(stream, event), 60)
                assert half in (heard.get("content"), json.loads(heard.get("sent") or "{}").get("content"))
        there = await rest("GET", MESSAGES)
        assert [message["id"] for message in there.body] == [shown.body["id"], made.body["id"]]
    recorded = [json.loads(line) for line in record.read_bytes().splitlines()]
    assert [exchange["status"] for exchange in recorded[:3]] == [200, 200, 200]
    assert recorded[0]["response"]["content"] == half


async def _data_of(stream: aiohttp.ClientResponse, event: str) -> Json:
    """The data of the next event of that name in an event stream."""
    async for line in stream.content:
        if line == f"event: {event}\n".encode():
            data: Json = json.loads((await stream.content.readline()).removeprefix(b"data: "))
            return data
    raise AssertionError(f"the stream ended without {event}")


async def test_only_the_author_edits(rest: Rest, playground: Playground) -> None:
    theirs = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "mine"}, {})
    assert refused(await rest("PATCH", f"{MESSAGES}/{theirs.id}", {"content": "x"})) == (403, 50005)
    assert refused(await rest("DELETE", f"{MESSAGES}/{theirs.id}")) == (403, 50013)


@pytest.mark.parametrize("more", [{"content": "x"}, {"embeds": []}, {"attachments": []}, {"flags": None}])
async def test_who_manages_messages_changes_no_others_words(rest: Rest, playground: Playground, more: Json) -> None:
    theirs = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "mine"}, {})
    empower(MANAGE_MESSAGES)
    answer = await rest("PATCH", f"{MESSAGES}/{theirs.id}", {"flags": SUPPRESS_EMBEDS, **more})
    assert refused(answer) == (403, 50005) and not theirs.flags


async def test_who_manages_messages_hides_others_embeds(rest: Rest, playground: Playground) -> None:
    body = {"content": "mine", "embeds": [{"title": "see"}]}
    theirs = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, body, {})
    where = f"{MESSAGES}/{theirs.id}"

    def titles() -> list[str]:
        return [embed["title"] for embed in playground.world.messages.state_json(theirs)["embeds"]]

    assert refused(await rest("PATCH", where, {"flags": SUPPRESS_EMBEDS})) == (403, 50013)
    empower(MANAGE_MESSAGES)
    assert refused(await rest("PATCH", where, {"flags": "x"})) == (400, 50035)
    assert titles() == ["see"]
    hidden = (await rest("PATCH", where, {"flags": SUPPRESS_EMBEDS | 1 << 6, "tts": False})).body
    assert (hidden["flags"], hidden["edited_timestamp"], titles()) == (SUPPRESS_EMBEDS, None, [])
    assert (await rest("PATCH", where, {"flags": 0})).body["flags"] == 0 and titles() == ["see"]


async def test_a_message_hides_its_own_embeds(rest: Rest) -> None:
    body = {"content": "x", "embeds": [{"title": "see"}], "flags": SUPPRESS_EMBEDS}
    made = (await rest("POST", MESSAGES, body)).body
    assert (made["embeds"], made["flags"]) == ([], SUPPRESS_EMBEDS)
    shown = (await rest("PATCH", f"{MESSAGES}/{made['id']}", {"flags": 0})).body
    assert [embed["title"] for embed in shown["embeds"]] == ["see"]


async def test_other_peoples_words_are_hidden_without_the_message_content_intent(
    rest: Rest, playground: Playground
) -> None:
    secret = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": "secret"}, {})
    to_bot = playground.world.messages.post(ASCII_CHANNEL, MIA_ID, {"content": f"hey <@{BOT_ID}>"}, {})
    assert (await rest("GET", f"{MESSAGES}/{secret.id}")).body["content"] == ""
    assert (await rest("GET", f"{MESSAGES}/{to_bot.id}")).body["content"] == f"hey <@{BOT_ID}>"


async def test_an_enforced_nonce_gives_the_earlier_message_for_some_minutes(
    rest: Rest, playground: Playground
) -> None:
    body = {"content": "once", "nonce": "job-7", "enforce_nonce": True}
    first = (await rest("POST", MESSAGES, body)).body
    again = (await rest("POST", MESSAGES, {**body, "content": "twice"})).body
    assert again["id"] == first["id"] and again["content"] == "once" and again["nonce"] == "job-7"
    other = (await rest("POST", MESSAGES, {**body, "nonce": "job-8"})).body
    assert other["id"] != first["id"]
    unenforced = (await rest("POST", MESSAGES, {"content": "x", "nonce": "job-7"})).body
    assert unenforced["id"] != first["id"]
    playground.clock.advance(301)
    assert (await rest("POST", MESSAGES, body)).body["id"] not in (first["id"], unenforced["id"])


async def test_a_reply_carries_what_it_answers(rest: Rest) -> None:
    first = (await rest("POST", MESSAGES, {"content": "first"})).body
    reply = (await rest("POST", MESSAGES, {"content": "re", "message_reference": {"message_id": first["id"]}})).body
    assert reply["type"] == 19
    assert reply["message_reference"]["message_id"] == first["id"]
    assert reply["referenced_message"]["content"] == "first"
    await rest("DELETE", f"{MESSAGES}/{first['id']}")
    assert (await rest("GET", f"{MESSAGES}/{reply['id']}")).body["referenced_message"] is None
    loose = {"message_id": first["id"], "fail_if_not_exists": False}
    assert (await rest("POST", MESSAGES, {"content": "re", "message_reference": loose})).body["type"] == 0


async def test_attachments_are_kept_replaced_and_dropped_by_id(rest: Rest, playground: Playground) -> None:
    files = {"files[0]": ("a b.png", PNG_3X2), "files[1]": ("notes.txt", b"hi")}
    meta = {"attachments": [{"id": 0, "description": "three by two"}, {"id": "1"}]}
    made = (await rest.multipart("POST", MESSAGES, meta, files)).body
    picture, notes = made["attachments"]
    assert (picture["filename"], picture["width"], picture["height"]) == ("a_b.png", 3, 2)
    assert (picture["content_type"], picture["description"]) == ("image/png", "three by two")
    assert (notes["content_type"], notes["size"]) == ("text/plain; charset=utf-8", 2)
    path = f"{MESSAGES}/{made['id']}"
    new = {"files[0]": ("c.png", PNG_3X2)}
    replaced = (await rest.multipart("PATCH", path, {"attachments": [{"id": notes["id"]}, {"id": "0"}]}, new)).body
    assert [a["filename"] for a in replaced["attachments"]] == ["notes.txt", "c.png"]
    assert replaced["attachments"][0]["id"] == notes["id"]
    assert picture["id"] not in playground.world.files
    kept = (await rest("PATCH", path, {"content": "words only"})).body
    assert [a["filename"] for a in kept["attachments"]] == ["notes.txt", "c.png"]
    added = (await rest.multipart("PATCH", path, {}, new)).body
    assert [a["filename"] for a in added["attachments"]] == ["notes.txt", "c.png", "c.png"]
    assert (await rest("PATCH", path, {"attachments": []})).body["attachments"] == []
    emptied = await rest("PATCH", path, {"content": ""})
    assert refused(emptied) == (400, 50006)
    assert (await rest("GET", path)).body["content"] == "words only"


async def test_a_file_that_no_attachment_names_is_dropped(rest: Rest) -> None:
    files = {"files[0]": ("a.png", PNG_3X2), "files[1]": ("b.png", PNG_3X2)}
    made = await rest.multipart("POST", MESSAGES, {"attachments": [{"id": 1}]}, files)
    assert [a["filename"] for a in made.body["attachments"]] == ["b.png"]


async def test_a_file_over_the_limit_is_40005(rest: Rest, playground: Playground) -> None:
    playground.world.messages.size_limit = 1000
    answer = await rest.multipart("POST", MESSAGES, {"content": "x"}, {"files[0]": ("big.bin", b"x" * 1001)})
    assert refused(answer) == (413, 40005)
    fits = await rest.multipart("POST", MESSAGES, {"content": "x"}, {"files[0]": ("fits.bin", b"x" * 1000)})
    assert fits.status == 200


async def test_an_embed_shows_an_attached_picture(rest: Rest) -> None:
    body = {"embeds": [{"title": "t", "image": {"url": "attachment://a.png"}}]}
    made = (await rest.multipart("POST", MESSAGES, body, {"files[0]": ("a.png", PNG_3X2)})).body
    image = made["embeds"][0]["image"]
    assert image["url"].startswith("http") and image["width"] == 3
    assert made["attachments"] == []


async def test_only_who_was_given_a_proxys_address_has_the_file(rest: Rest, playground: Playground) -> None:
    video = {"url": "https://media.example.org/a b.mp4", "proxy_url": "attachment://a.png"}
    body = {"embeds": [{"type": "gifv", "video": video}]}
    made = (await rest.multipart("POST", MESSAGES, body, {"files[0]": ("a.png", PNG_3X2)})).body
    address = made["embeds"][0]["video"]["proxy_url"]
    (file_id,) = playground.world.files

    async def status(url: str) -> int:
        async with rest.session.get(url) as answer:
            return answer.status

    assert await status(address) == 200
    signature = address.split("/external/")[1].split("/")[1]
    guesses = ("", "/", "/https/media.example.org/a%20b.mp4", f"/{'0' * len(signature)}/https/media.example.org/a")
    for guess in guesses:
        assert await status(f"{playground.url}/cdn/external/{file_id}{guess}") == 404, guess
        assert await status(f"{playground.url}/external/{file_id}{guess}") == 404, guess


async def test_reactions(rest: Rest, playground: Playground) -> None:
    made = (await rest("POST", MESSAGES, {"content": "x"})).body
    path = f"{MESSAGES}/{made['id']}/reactions"
    playground.world.reactions.add(playground.world.messages[made["id"]], "🩷", MIA_ID)
    for _ in range(2):  # the second changes nothing, and waits for the bucket of one
        playground.clock.advance(1)
        assert (await rest("PUT", f"{path}/{HEART}/@me")).status == 204
    reaction = (await rest("GET", f"{MESSAGES}/{made['id']}")).body["reactions"][0]
    assert (reaction["emoji"], reaction["count"], reaction["me"]) == ({"id": None, "name": "🩷"}, 2, True)
    assert [user["id"] for user in (await rest("GET", f"{path}/{HEART}")).body] == [BOT_ID, MIA_ID]
    playground.clock.advance(1)
    assert (await rest("DELETE", f"{path}/{HEART}/@me")).status == 204
    assert [user["id"] for user in (await rest("GET", f"{path}/{HEART}")).body] == [MIA_ID]
    playground.clock.advance(1)
    assert refused(await rest("DELETE", f"{path}/{HEART}/{MIA_ID}")) == (403, 50013)
    playground.clock.advance(1)
    assert refused(await rest("PUT", f"{path}/heart/@me")) == (400, 10014)


async def test_commands_keep_their_ids_and_change_their_versions(rest: Rest) -> None:
    path = f"/applications/{APPLICATION_ID}/commands"
    body = [{"name": "ascii", "description": "d"}, {"name": "old", "description": "d"}]
    first = (await rest("PUT", path, body)).body
    again = (await rest("PUT", path, [{**body[0], "description": "new"}])).body
    assert len(again) == 1 and again[0]["id"] == first[0]["id"] and again[0]["version"] != first[0]["version"]
    assert (await rest("GET", path)).body == again
    created = await rest("POST", path, {"name": "more", "description": "d"})
    assert created.status == 201
    assert (await rest("POST", path, {"name": "more", "description": "e"})).status == 200
    edited = (await rest("PATCH", f"{path}/{created.body['id']}", {"description": "f"})).body
    assert edited["description"] == "f"
    assert (await rest("DELETE", f"{path}/{created.body['id']}")).status == 204
    assert refused(await rest("GET", f"{path}/{created.body['id']}")) == (404, 10063)
    guild = f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands"
    made = (await rest("PUT", guild, body)).body
    assert made[0]["guild_id"] == GUILD_ID
    assert refused(await rest("GET", "/applications/1/commands")) == (404, 10002)


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Capital", "description": "d"},
        {"name": "two words", "description": "d"},
        {"name": "x", "description": ""},
        {"name": "x", "description": "d" * 101},
        {
            "name": "x",
            "description": "d",
            "options": [
                {"type": 3, "name": "a", "description": "d"},
                {"type": 3, "name": "b", "description": "d", "required": True},
            ],
        },
        {
            "name": "x",
            "description": "d",
            "options": [
                {"type": 3, "name": "a", "description": "d", "choices": [{"name": "x" * 101, "value": "x"}]}
            ],
        },
        {"name": "Menu", "type": 3, "description": "menus have none"},
    ],
)
async def test_bad_commands_are_refused(rest: Rest, command: dict[str, object]) -> None:
    answer = await rest("PUT", f"/applications/{APPLICATION_ID}/commands", [command])
    assert refused(answer) == (400, 50035)
    assert "0" in answer.body["errors"]


async def test_errors_name_the_field_as_discord_does(rest: Rest) -> None:
    answer = await rest("POST", MESSAGES, {"content": "x" * 2001})
    assert json.loads(json.dumps(answer.body)) == {
        "message": "Invalid Form Body",
        "code": 50035,
        "errors": {
            "content": {
                "_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]
            }
        },
    }
