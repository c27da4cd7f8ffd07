"""Commands, buttons and forms: what reaches the bot, how it may answer, and until when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from playground.rules.messages import EPHEMERAL, LOADING
from playground.server import Playground
from playground.state.seed import ADA_ID, ASCII_CHANNEL, BOT_ID, MIA_ID, MOD_ID
from playground.testing import Controls, Refused
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import Answer, Presser, connect, control, eventually


def refused(answer: Answer) -> tuple[int, int]:
    return answer.status, answer.body["code"]


def error_of(caught: pytest.ExceptionInfo[Refused]) -> tuple[int, str]:
    return caught.value.status, caught.value.message


async def test_a_slash_command_arrives_whole(bot: Presser, controls: Controls) -> None:
    claim = {"image": {"size": 99, "content_type": "image/gif", "filename": '../"evil"\n.gif'}}
    files = {"image": ("a.png", PNG_3X2, "image/png")}
    options: dict[str, object] = {"palette": "pink", "columns": 64, "private": True}
    used = await asyncio.to_thread(controls.slash, "ascii", options, files=files, declare=claim)
    event = await bot.socket.event("INTERACTION_CREATE")
    assert event["id"] == used["interaction_id"] and event["type"] == 2
    assert event["member"]["user"]["id"] == MIA_ID and int(event["member"]["permissions"]) > 0
    assert event["attachment_size_limit"] == 10 * 1024 * 1024 and int(event["app_permissions"]) > 0
    given = {option["name"]: option["value"] for option in event["data"]["options"]}
    assert given["palette"] == "pink" and given["columns"] == 64 and given["private"] is True
    attachment = event["data"]["resolved"]["attachments"][given["image"]]
    assert (attachment["size"], attachment["content_type"]) == (99, "image/gif")
    assert attachment["filename"] == '../"evil"\n.gif' and attachment["ephemeral"] is True
    assert "/ephemeral-attachments/" in attachment["url"]
    assert await asyncio.to_thread(controls.fetch, attachment["url"]) == PNG_3X2


async def test_one_interaction_or_channel_can_be_asked_for_alone(bot: Presser, controls: Controls) -> None:
    first, second = await bot.used(), await bot.used()
    for event, words in ((first, "one"), (second, "two")):
        await bot.answer(event, {"type": 4, "data": {"content": words}})
    whole = await asyncio.to_thread(controls.state)
    used = {"interaction_id": first["id"], "channel_id": ASCII_CHANNEL}
    answer = await asyncio.to_thread(controls.answer_to, used)
    assert answer is not None and answer in whole["messages"][ASCII_CHANNEL] and answer["content"] == "one"
    assert await asyncio.to_thread(controls.interaction, second["id"]) == whole["interactions"][second["id"]]
    assert await asyncio.to_thread(controls.messages) == whole["messages"][ASCII_CHANNEL]
    alone = await asyncio.to_thread(controls.state, interaction=first["id"])
    assert list(alone["interactions"]) == [first["id"]] and sum(map(len, alone["messages"].values())) == 1
    assert (await asyncio.to_thread(controls.state, channel="1"))["interactions"] == {}


@pytest.mark.parametrize(
    ("command", "options", "refusal"),
    [
        ("nothing", {}, (404, "Registered: Make ASCII, ascii, model")),
        ("ascii", {"palette": "green"}, (400, "one of ['blue', 'pink']")),
        ("ascii", {"columns": "64"}, (400, "integer")),
        ("ascii", {"columns": 4}, (400, "8 to 128")),
        ("ascii", {"private": 1}, (400, "boolean")),
        ("ascii", {"image": "no file"}, (400, "file")),
        ("ascii", {"size": 1}, (400, "unknown option")),
        ("model", {}, (400, "needs a subcommand: reload")),
        ("model burn", {}, (404, "It has: reload")),
        ("model reload", {}, (403, "does not see /model")),
    ],
)
async def test_what_a_client_would_not_let_through(
    bot: Presser, controls: Controls, command: str, options: dict[str, object], refusal: tuple[int, str]
) -> None:
    with pytest.raises(Refused) as caught:
        await asyncio.to_thread(controls.slash, command, options)
    status, message = error_of(caught)
    assert status == refusal[0] and refusal[1] in message


async def test_a_subcommand_is_nested(bot: Presser) -> None:
    event = await bot.used("model reload", user_id=ADA_ID)
    assert event["data"]["name"] == "model"
    assert event["data"]["options"] == [{"name": "reload", "type": 1, "options": []}]


async def test_a_message_menu_names_its_target(bot: Presser, controls: Controls) -> None:
    message_id = await asyncio.to_thread(controls.message, "look", files={"f": ("a.png", PNG_3X2, "image/png")})
    await asyncio.to_thread(controls.slash, "Make ASCII", target=message_id)
    data = (await bot.socket.event("INTERACTION_CREATE"))["data"]
    assert data["target_id"] == message_id
    assert data["resolved"]["messages"][message_id]["attachments"][0]["width"] == 3


async def test_no_bot_is_a_409(controls: Controls) -> None:
    with pytest.raises(Refused) as caught:
        await asyncio.to_thread(controls.slash, "ascii")
    assert error_of(caught)[0] == 409 and "no bot" in error_of(caught)[1]


async def test_defer_then_fill_then_follow(bot: Presser) -> None:
    event = await bot.used()
    deferred = await bot.answer(event, {"type": 5})
    about = deferred.body["interaction"]
    assert deferred.status == 200 and about["id"] == event["id"]
    assert (about["response_message_loading"], about["response_message_ephemeral"]) == (True, False)
    created = await bot.socket.event("MESSAGE_CREATE")
    assert created["id"] == about["response_message_id"] and created["flags"] == LOADING and created["type"] == 20
    assert created["interaction_metadata"]["user"]["id"] == MIA_ID
    filled = await bot.rest.multipart(
        "PATCH", bot.hook(event), {"attachments": [{"id": 0}]}, {"files[0]": ("r.png", PNG_3X2)}, token=None
    )
    updated = await bot.socket.event("MESSAGE_UPDATE")
    assert updated["id"] == created["id"] and updated["flags"] == 0
    assert updated["attachments"][0]["filename"] == filled.body["attachments"][0]["filename"] == "r.png"
    followup = (await bot.rest("POST", bot.hook(event, ""), {"content": "more"}, token=None)).body
    assert followup["id"] != created["id"] and followup["webhook_id"] == BOT_ID
    edited = await bot.rest(
        "PATCH", bot.hook(event, f"/messages/{followup['id']}"), {"content": "less"}, token=None
    )
    assert edited.body["content"] == "less"
    by_bot = await bot.rest("PATCH", f"/channels/{ASCII_CHANNEL}/messages/{created['id']}", {"content": "bot"})
    assert by_bot.body["content"] == "bot"
    assert (await bot.rest("DELETE", bot.hook(event), token=None)).status == 204
    assert refused(await bot.rest("GET", bot.hook(event), token=None)) == (404, 10008)


async def test_the_first_followup_of_a_deferred_answer_fills_it(bot: Presser) -> None:
    event = await bot.used()
    about = (await bot.answer(event, {"type": 5})).body["interaction"]
    filled = (await bot.rest("POST", bot.hook(event, ""), {"content": "here"}, token=None)).body
    assert filled["id"] == about["response_message_id"] and filled["flags"] == 0


async def test_a_followup_is_ephemeral_once_the_deferred_answer_is_deleted_and_not_before(
    bot: Presser, playground: Playground
) -> None:
    event, quiet = await bot.used(), {"content": "psst", "flags": EPHEMERAL}
    await bot.answer(event, {"type": 5})
    filled = (await bot.rest("POST", bot.hook(event, ""), quiet, token=None)).body
    assert filled["flags"] == 0, "it fills the deferred answer, for all to see"
    event = await bot.used()
    await bot.answer(event, {"type": 5})
    assert (await bot.rest("DELETE", bot.hook(event), token=None)).status == 204
    told = (await bot.rest("POST", bot.hook(event, ""), quiet, token=None)).body
    assert told["flags"] == EPHEMERAL
    state = (await control(playground, "GET", "/state"))["messages"][ASCII_CHANNEL]
    assert [(m["content"], m["ephemeral_to"]) for m in state] == [("psst", None), ("psst", MIA_ID)]


async def test_an_ephemeral_answer_is_for_one_person(bot: Presser, playground: Playground) -> None:
    event = await bot.used()
    about = (await bot.answer(event, {"type": 5, "data": {"flags": EPHEMERAL}})).body["interaction"]
    assert about["response_message_ephemeral"] is True
    filled = (await bot.rest("PATCH", bot.hook(event), {"content": "psst"}, token=None)).body
    assert filled["flags"] == EPHEMERAL
    path = f"/channels/{ASCII_CHANNEL}/messages/{filled['id']}"
    assert refused(await bot.rest("GET", path)) == (404, 10008)
    state = (await control(playground, "GET", "/state"))["messages"][ASCII_CHANNEL]
    assert [(m["ephemeral_to"], m["edits"]) for m in state] == [(MIA_ID, 1)]
    await bot.rest("POST", f"/channels/{ASCII_CHANNEL}/messages", {"content": "for all"})
    assert (await bot.socket.event("MESSAGE_CREATE"))["content"] == "for all"  # and nothing of the other before


async def test_answering_twice_is_40060_and_without_response_is_204(bot: Presser) -> None:
    event = await bot.used()
    assert (await bot.answer(event, {"type": 4, "data": {"content": "hi"}}, with_response=False)).status == 204
    assert refused(await bot.answer(event, {"type": 5})) == (400, 40060)


async def test_a_refused_answer_can_be_given_again(bot: Presser) -> None:
    event = await bot.used()
    assert refused(await bot.answer(event, {"type": 4, "data": {"content": "x" * 2001}})) == (400, 50035)
    assert refused(await bot.answer(event, {"type": 8, "data": {"choices": []}})) == (400, 50035)
    assert (await bot.answer(event, {"type": 4, "data": {"content": "short"}})).status == 200


async def test_three_seconds_to_answer(bot: Presser, playground: Playground) -> None:
    event = await bot.used()
    playground.clock.advance(2.5)
    in_time = await bot.used()
    playground.clock.advance(0.6)
    assert refused(await bot.answer(event, {"type": 5})) == (404, 10062)
    assert (await bot.answer(in_time, {"type": 5})).status == 200
    interactions = (await control(playground, "GET", "/state"))["interactions"]
    assert (interactions[event["id"]]["failed"], interactions[event["id"]]["acknowledged"]) == (True, False)
    assert (interactions[in_time["id"]]["failed"], interactions[in_time["id"]]["acknowledged"]) == (False, True)


async def test_a_token_lives_15_minutes(bot: Presser, playground: Playground) -> None:
    event = await bot.used()
    before = await bot.rest("PATCH", bot.hook(event), {"content": "x"}, token=None)
    assert refused(before) == (404, 10015)  # nothing has answered yet
    message_id = (await bot.answer(event, {"type": 5})).body["interaction"]["response_message_id"]
    playground.clock.advance(890)
    assert (await bot.rest("PATCH", bot.hook(event), {"content": "in time"}, token=None)).status == 200
    playground.clock.advance(11)
    assert refused(await bot.rest("PATCH", bot.hook(event), {"content": "late"}, token=None)) == (401, 50027)
    assert refused(await bot.rest("POST", bot.hook(event, ""), {"content": "late"}, token=None)) == (401, 50027)
    path = f"/channels/{ASCII_CHANNEL}/messages/{message_id}"
    assert (await bot.rest("PATCH", path, {"content": "by the bot"})).status == 200


async def test_thinking_for_15_minutes_is_a_failure(bot: Presser, playground: Playground) -> None:
    event = await bot.used()
    await bot.answer(event, {"type": 5})
    playground.clock.advance(901)
    assert playground.world.interactions[event["id"]].failed


async def test_the_interactions_own_size_limit_counts(bot: Presser) -> None:
    event = await bot.used(attachment_size_limit=500)
    assert event["attachment_size_limit"] == 500
    await bot.answer(event, {"type": 5})
    too_big = {"files[0]": ("r.bin", b"x" * 501)}
    answer = await bot.rest.multipart("PATCH", bot.hook(event), {"content": "x"}, too_big, token=None)
    assert refused(answer) == (413, 40005)


BUTTONS: list[dict[str, Any]] = [
    {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Again", "custom_id": "again"},
            {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": True},
        ],
    }
]


async def test_a_button_updates_its_message(bot: Presser, controls: Controls) -> None:
    body = {"content": "press", "components": BUTTONS}
    made = (await bot.rest("POST", f"/channels/{ASCII_CHANNEL}/messages", body)).body
    assert [c["id"] for c in made["components"][0]["components"]] == [2, 3]
    await asyncio.to_thread(controls.click, made["id"], "again", user=MOD_ID)
    event = await bot.socket.event("INTERACTION_CREATE")
    assert event["type"] == 3 and event["data"]["custom_id"] == "again" and event["message"]["id"] == made["id"]
    assert event["member"]["user"]["id"] == MOD_ID
    answer = await bot.answer(event, {"type": 7, "data": {"content": "pressed", "components": []}})
    assert answer.body["resource"]["message"]["content"] == "pressed"
    assert answer.body["interaction"]["response_message_id"] == made["id"]
    for custom_id, status in (("off", 404), ("none", 404)):
        with pytest.raises(Refused) as caught:
            await asyncio.to_thread(controls.click, made["id"], custom_id)
        assert caught.value.status == status


async def test_a_disabled_button_cannot_be_pressed(bot: Presser, controls: Controls) -> None:
    body = {"content": "press", "components": BUTTONS}
    made = (await bot.rest("POST", f"/channels/{ASCII_CHANNEL}/messages", body)).body
    with pytest.raises(Refused) as caught:
        await asyncio.to_thread(controls.click, made["id"], "off")
    assert error_of(caught) == (400, "the component 'off' is disabled")


async def test_a_form_is_opened_and_sent(bot: Presser, controls: Controls) -> None:
    event = await bot.used()
    field = {"type": 4, "custom_id": "why", "label": "Why", "style": 1}
    form = {"custom_id": "form", "title": "Tell", "components": [{"type": 1, "components": [field]}]}
    assert (await bot.answer(event, {"type": 9, "data": form}, with_response=False)).status == 204
    await asyncio.to_thread(controls.modal, event["id"], {"why": "because"})
    sent = await bot.socket.event("INTERACTION_CREATE")
    assert sent["type"] == 5 and sent["data"]["custom_id"] == "form"
    assert sent["data"]["components"][0]["components"][0]["value"] == "because"
    assert (await bot.answer(sent, {"type": 4, "data": {"content": "ok"}})).status == 200


async def test_autocomplete(bot: Presser, controls: Controls, playground: Playground) -> None:
    used = await asyncio.to_thread(controls.autocomplete, "ascii", "palette", {"palette": "pi"})
    event = await bot.socket.event("INTERACTION_CREATE")
    option = {"name": "palette", "type": 3, "value": "pi", "focused": True}
    assert event["type"] == 4 and event["data"]["options"] == [option]
    wrong = {"choices": [{"name": "Pink", "value": 5}]}
    assert refused(await bot.answer(event, {"type": 8, "data": wrong})) == (400, 50035)
    choices = {"choices": [{"name": "Pink", "value": "pink"}]}
    assert (await bot.answer(event, {"type": 8, "data": choices}, with_response=False)).status == 204
    assert playground.world.interactions[used["interaction_id"]].response_data == choices


async def test_the_page_hears_of_everything(bot: Presser, playground: Playground) -> None:
    async with bot.rest.session.get(f"{playground.url}/playground/events") as stream:
        event = await bot.used()
        await bot.answer(event, {"type": 5})
        heard = b""
        while b"event: message" not in heard:
            heard += await asyncio.wait_for(stream.content.readany(), 10)
        assert b"event: interaction" in heard


async def test_a_waiting_interaction_fails_by_itself(bot: Presser, playground: Playground) -> None:
    """The only test that waits for the real three seconds: the timer, not just the clock, must fire."""
    event = await bot.used()
    await eventually(lambda: playground.world.interactions[event["id"]].failed)


async def test_every_connected_session_gets_the_interaction(bot: Presser, playground: Playground) -> None:
    async with connect(playground) as second:
        await second.identify()
        event = await bot.used()
        assert (await second.event("INTERACTION_CREATE"))["id"] == event["id"]
