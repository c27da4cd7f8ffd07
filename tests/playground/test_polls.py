"""Polls: made, voted in, ended, with Discord's errors and events."""

from __future__ import annotations

import pytest

from playground.server import Playground
from playground.state.permissions import SEND_POLLS
from playground.state.seed import ASCII_CHANNEL, BOT_ID, BOT_ROLE, CHANNELS, GUILD_ID, MIA_ID, SAM_ID, Overwrite
from tests.playground.raw import Json, Presser, Rest, connect, control, refused

pytestmark = pytest.mark.usefixtures("described")
MESSAGES = f"/channels/{ASCII_CHANNEL}/messages"
ANSWERS = [{"poll_media": {"text": "Cats", "emoji": {"name": "🐈"}}}, {"poll_media": {"text": "Dogs"}}]
POLL: Json = {"question": {"text": "Which?"}, "answers": ANSWERS}


async def asked(rest: Rest, **more: object) -> Json:
    answer = await rest("POST", MESSAGES, {"poll": {**POLL, **more}})
    assert answer.status == 200, answer.body
    body: Json = answer.body
    return body


async def voted(playground: Playground, message: Json, user: str, *answers: int) -> None:
    body = {"message_id": message["id"], "user_id": user, "answer_ids": answers}
    await control(playground, "POST", "/vote", body)


async def test_a_poll_is_voted_in_and_ended(
    playground: Playground, rest: Rest, events: list[tuple[str, Json]]
) -> None:
    message = await asked(rest)
    poll = message["poll"]
    assert [answer["answer_id"] for answer in poll["answers"]] == [1, 2] and poll["layout_type"] == 1
    assert poll["answers"][0]["poll_media"]["emoji"] == {"id": None, "name": "🐈"}
    assert poll["results"] == {"is_finalized": False, "answer_counts": []} and not poll["allow_multiselect"]
    await voted(playground, message, MIA_ID, 1)
    where = {"channel_id": ASCII_CHANNEL, "message_id": message["id"], "guild_id": GUILD_ID}
    assert events[-1] == ("MESSAGE_POLL_VOTE_ADD", {"user_id": MIA_ID, **where, "answer_id": 1})
    await voted(playground, message, MIA_ID, 2)
    assert [name for name, _ in events[-2:]] == ["MESSAGE_POLL_VOTE_REMOVE", "MESSAGE_POLL_VOTE_ADD"]
    await voted(playground, message, SAM_ID, 2)
    path = f"/channels/{ASCII_CHANNEL}/polls/{message['id']}"
    assert [user["id"] for user in (await rest("GET", f"{path}/answers/2")).body["users"]] == [MIA_ID, SAM_ID]
    assert [u["id"] for u in (await rest("GET", f"{path}/answers/2?after={MIA_ID}")).body["users"]] == [SAM_ID]
    assert (await rest("GET", f"{path}/answers/1")).body["users"] == []
    assert refused(await rest("GET", f"{path}/answers/3")) == (400, 50035)
    ended = (await rest("POST", f"{path}/expire")).body
    counts = [{"id": 2, "count": 2, "me_voted": False}]
    assert ended["poll"]["results"] == {"is_finalized": True, "answer_counts": counts}
    (_, update), (_, word) = events[-2:]
    assert update["poll"]["results"]["is_finalized"]
    assert (word["type"], word["message_reference"]["message_id"]) == (46, message["id"])
    said = {one["name"]: one["value"] for one in word["embeds"][0]["fields"]}
    assert word["embeds"][0]["type"] == "poll_result"
    assert (said["victor_answer_text"], said["victor_answer_votes"], said["total_votes"]) == ("Dogs", "2", "2")
    assert refused(await rest("POST", f"{path}/expire")) == (400, 520001)


async def test_a_poll_ends_by_itself(playground: Playground, rest: Rest, events: list[tuple[str, Json]]) -> None:
    message = await asked(rest, duration=1, allow_multiselect=True)
    await voted(playground, message, MIA_ID, 1, 2)
    playground.clock.advance(3601)
    said = {one["name"]: one["value"] for one in events[-1][1]["embeds"][0]["fields"]}
    assert "victor_answer_id" not in said and said["total_votes"] == "2"  # nobody won
    assert (await rest("GET", f"{MESSAGES}/{message['id']}")).body["poll"]["results"]["is_finalized"]


@pytest.mark.parametrize(
    "poll",
    [
        [],
        {**POLL, "question": {}},
        {**POLL, "question": {"text": "x" * 301}},
        {**POLL, "answers": []},
        {**POLL, "answers": ANSWERS * 6},
        {**POLL, "answers": [{"poll_media": {"text": "x" * 56}}]},
        {**POLL, "answers": ["x"]},
        {**POLL, "duration": 769},
        {**POLL, "layout_type": 2},
    ],
)
async def test_polls_that_cannot_be(rest: Rest, poll: object) -> None:
    assert refused(await rest("POST", MESSAGES, {"poll": poll, "content": "x"})) == (400, 50035)


async def test_what_is_refused(playground: Playground, rest: Rest) -> None:
    message = await asked(rest)
    assert refused(await rest("PATCH", f"{MESSAGES}/{message['id']}", {"content": "x"})) == (400, 520003)
    plain = (await rest("POST", MESSAGES, {"content": "x"})).body["id"]
    assert refused(await rest("POST", f"/channels/{ASCII_CHANNEL}/polls/{plain}/expire")) == (400, 520006)
    theirs = await control(playground, "POST", "/message", {"poll": POLL})
    path = f"/channels/{ASCII_CHANNEL}/polls/{theirs['message_id']}"
    assert refused(await rest("POST", f"{path}/expire")) == (403, 50005)
    assert "poll" not in (await rest("GET", f"{MESSAGES}/{theirs['message_id']}")).body  # no intent for content
    CHANNELS[ASCII_CHANNEL].overwrites[BOT_ROLE] = Overwrite(deny=SEND_POLLS)
    assert refused(await rest("POST", MESSAGES, {"poll": POLL})) == (403, 50013)


async def test_votes_come_with_the_intent_for_polls(playground: Playground, rest: Rest) -> None:
    async with connect(playground) as socket:
        await socket.identify(intents=1 << 24)
        message = await asked(rest)
        await voted(playground, message, MIA_ID, 1)
        vote = await socket.event("MESSAGE_POLL_VOTE_ADD")
        assert (vote["user_id"], vote["answer_id"]) == (MIA_ID, 1)


async def test_a_command_is_answered_with_a_poll(bot: Presser) -> None:
    used = await bot.used()
    answer = await bot.answer(used, {"type": 4, "data": {"poll": POLL}})
    message = answer.body["resource"]["message"]
    assert message["poll"]["question"]["text"] == "Which?" and message["author"]["id"] == BOT_ID
