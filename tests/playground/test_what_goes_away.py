"""What is left of somebody or something that has gone, and who may touch what: features where they meet."""

from __future__ import annotations

import aiohttp
import pytest

from playground.server import Playground
from playground.state.permissions import ALL_PERMISSIONS
from playground.state.seed import ASCII_CHANNEL, BOT_ID, DIRECTS, MIA_ID, SAM_ID
from tests.playground.raw import Json, Presser, Rest, control, empower

HEART = "%F0%9F%A9%B7"
BUTTON: Json = {"type": 2, "custom_id": "c", "label": "A", "style": 1}
FIELD: Json = {"type": 4, "custom_id": "a", "label": "A", "style": 1, "required": False}
FORM = {"custom_id": "f", "title": "t", "components": [{"type": 1, "components": [FIELD]}]}
POLL = {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "a"}}]}


async def refusal(playground: Playground, method: str, path: str, body: Json) -> int:
    """The status of a control."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{playground.url}/playground{path}", json=body) as response,
    ):
        return response.status


async def opened_form(bot: Presser) -> Json:
    used = await bot.used()
    await bot.answer(used, {"type": 9, "data": FORM})
    return {"interaction_id": used["id"], "values": {}}


async def test_a_form_is_not_sent_by_who_has_left(playground: Playground, bot: Presser) -> None:
    form = await opened_form(bot)
    await control(playground, "POST", "/leave", {"user_id": MIA_ID})
    assert await refusal(playground, "POST", "/modal", form) == 403


async def test_a_form_is_not_sent_where_the_channel_is_deleted(playground: Playground, bot: Presser) -> None:
    empower(ALL_PERMISSIONS)
    form = await opened_form(bot)
    assert (await bot.rest("DELETE", f"/channels/{ASCII_CHANNEL}")).status == 200
    assert await refusal(playground, "POST", "/modal", form) == 404
    await control(playground, "POST", "/presence", {"status": "idle"})  # people go on, wherever


async def test_a_conversation_is_for_those_in_it(playground: Playground, bot: Presser) -> None:
    theirs = next(one.id for one in DIRECTS.values() if set(one.people) == {SAM_ID, BOT_ID})
    body = {"content": "x", "components": [{"type": 1, "components": [BUTTON]}]}
    sent = {"message_id": (await bot.rest("POST", f"/channels/{theirs}/messages", body)).body["id"]}
    for path, more in (("/click", {"custom_id": "c"}), ("/react", {"emoji": "🩷"}), ("/pin", {})):
        assert await refusal(playground, "POST", path, {**sent, **more}) == 403
    await control(playground, "POST", "/leave", {"user_id": SAM_ID})  # the server, and not the conversation
    await control(playground, "POST", "/click", {**sent, "custom_id": "c", "user_id": SAM_ID})


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/vote", {"answer_ids": [1]}),
        ("POST", "/react", {"emoji": "🩷"}),
        ("DELETE", "/react", {"emoji": "🩷"}),
        ("POST", "/click", {"custom_id": "c"}),
        ("POST", "/thread", {"name": "t"}),
        ("DELETE", "/message", {"user_id": MIA_ID}),
    ],
)
async def test_a_private_thread_is_for_those_in_it(
    playground: Playground, rest: Rest, method: str, path: str, more: Json
) -> None:
    empower(ALL_PERMISSIONS)
    thread = (await rest("POST", f"/channels/{ASCII_CHANNEL}/threads", {"name": "ours", "type": 12})).body["id"]
    sent = (await rest("POST", f"/channels/{thread}/messages", {"content": "x", "poll": POLL})).body["id"]
    await rest("PUT", f"/channels/{thread}/messages/{sent}/reactions/{HEART}/@me")
    assert await refusal(playground, method, path, {"message_id": sent, **more}) == 403
