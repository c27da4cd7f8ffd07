"""What is left of somebody or something that has gone, and who may touch what: features where they meet."""

from __future__ import annotations

import aiohttp
import pytest

from playground.server import Playground
from playground.state.clock import Clock
from playground.state.looks import LOOKS
from playground.state.permissions import ALL_PERMISSIONS
from playground.state.seed import ASCII_CHANNEL, BOT_ID, DIRECTS, GENERAL_CHANNEL, GUILD_ID, MIA_ID, SAM_ID
from playground.state.world import World
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import Json, Presser, Rest, connect, control, empower, eventually

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


async def test_settings_that_name_a_deleted_channel_name_none(rest: Rest, events: list[tuple[str, Json]]) -> None:
    empower(ALL_PERMISSIONS)
    guild = f"/guilds/{GUILD_ID}"
    await rest("PATCH", guild, {"system_channel_id": GENERAL_CHANNEL, "rules_channel_id": ASCII_CHANNEL})
    await rest("DELETE", f"/channels/{GENERAL_CHANNEL}")
    named = (await rest("GET", guild)).body
    assert (named["system_channel_id"], named["rules_channel_id"]) == (None, ASCII_CHANNEL)
    assert [data["system_channel_id"] for name, data in events if name == "GUILD_UPDATE"][-1] is None


async def test_the_page_is_told_of_the_threads_that_somebody_leaves(playground: Playground, rest: Rest) -> None:
    told: list[Json] = []
    playground.world.events.on_change.append(lambda what, data: told.append(data) if what == "thread" else None)
    thread = (await rest("POST", f"/channels/{ASCII_CHANNEL}/threads", {"name": "ours", "type": 11})).body["id"]
    await control(playground, "POST", "/thread/member", {"thread_id": thread})
    await control(playground, "POST", "/leave", {"user_id": MIA_ID})
    assert [MIA_ID in one["members"] for one in told[-2:]] == [True, False]


async def test_the_audit_log_tells_no_webhooks_token(rest: Rest) -> None:
    empower(ALL_PERMISSIONS)
    made = await rest("POST", f"/channels/{ASCII_CHANNEL}/webhooks", {"name": "hook"})
    log = await rest("GET", f"/guilds/{GUILD_ID}/audit-logs")
    assert [hook["id"] for hook in log.body["webhooks"]] == [made.body["id"]]
    assert made.body["token"] not in str(log.body)


async def test_sessions_that_nobody_can_resume_go(playground: Playground) -> None:
    for _ in range(3):
        async with connect(playground) as socket:
            await socket.identify()
            playground.gateway.drop_all()
            await eventually(lambda: not playground.gateway.connected())
        assert len(playground.gateway.sessions) == 1
        playground.clock.advance(200)


async def test_nonces_go_when_they_count_no_more(playground: Playground, rest: Rest) -> None:
    for number in range(5):
        await rest("POST", f"/channels/{ASCII_CHANNEL}/messages", {"content": "x", "nonce": str(number % 4)})
        playground.clock.advance(200)
    assert len(playground.world.messages._nonces) == 2


def test_a_new_world_has_none_of_the_pictures_of_the_last() -> None:
    World(Clock())
    found = LOOKS.put(MIA_ID, PNG_3X2)
    World(Clock())
    assert LOOKS.of(MIA_ID) is None and LOOKS.picture(MIA_ID, f"{found}.png") is None


async def test_a_vote_is_for_numbers(playground: Playground, rest: Rest) -> None:
    sent = (await rest("POST", f"/channels/{ASCII_CHANNEL}/messages", {"content": "x", "poll": POLL})).body["id"]
    wrong: list[object] = [[{}], ["1"], 1, None]
    for answers in wrong:
        assert await refusal(playground, "POST", "/vote", {"message_id": sent, "answer_ids": answers}) == 400
