"""What is shown in the inspector: the exchange without tokens, facts, actions, and faults that come and go."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from playground.page.inspector import shown_exchange
from playground.server import Playground
from playground.state.seed import TOKEN
from playground.testing import Controls, Refused
from tests.playground.raw import Presser, control


async def heard(bot: Presser, playground: Playground, until: str) -> str:
    """What a page hears from the moment it opens until `until` was in it, while a command is used and answered."""
    text = ""
    async with bot.rest.session.get(f"{playground.url}/playground/inspector") as stream:
        event = await bot.used()
        await bot.answer(event, {"type": 4, "data": {"content": "hello"}})
        while until not in text:
            text += (await asyncio.wait_for(stream.content.readany(), 10)).decode()
    assert event["token"] not in text
    return text


async def test_a_page_hears_the_exchange_and_no_token(bot: Presser, playground: Playground) -> None:
    text = await heard(bot, playground, "event: exchange")
    assert text.startswith("event: start") and "event: frame" in text
    assert '"event": "INTERACTION_CREATE"' in text and TOKEN not in text
    (exchange,) = [
        json.loads(line.removeprefix("data: ")) for line in text.split("event: exchange\n")[1].splitlines()[:1]
    ]
    assert exchange["path"].endswith("/…/callback") and exchange["status"] == 200
    assert json.loads(exchange["sent"]) == {"type": 4, "data": {"content": "hello"}}


def test_long_bodies_are_cut_and_files_named() -> None:
    shown = shown_exchange(
        {
            "method": "POST",
            "path": "/api/v10/channels/1/messages",
            "multipart": {"payload_json": {"content": "x" * 9000}, "parts": [{"filename": "a.png", "size": 7}]},
        }
    )
    assert len(shown["sent"]) < 7000 and "characters more" in shown["sent"]
    assert shown["files"] == ["a.png · 7 bytes"] and shown["status"] is None


async def test_facts_and_actions(playground: Playground, controls: Controls) -> None:
    def at(call: Any, *arguments: Any) -> Any:
        return asyncio.to_thread(call, *arguments)

    facts = [{"title": "Queue", "lines": [["waiting", "3"]]}]
    actions = [{"id": "kill", "label": "Kill a worker"}]
    assert await at(controls.facts, facts, actions) == []
    told = await control(playground, "GET", "/facts")
    assert (told["facts"], told["actions"]) == (facts, actions)
    await control(playground, "POST", "/actions", {"id": "kill"})
    assert await at(controls.facts, facts, actions) == ["kill"]
    assert await at(controls.facts, facts, actions) == []
    with pytest.raises(Refused, match=r"no action 'explode'; there are \['kill'\]"):
        await at(controls.request, "POST", "/playground/actions", {"id": "explode"})
    for wrong in (
        {"facts": [{"title": 1, "lines": []}]},
        {"facts": [{"title": "x", "lines": [["a", 1]]}]},
        {"facts": "x"},
        {"actions": [{"id": "x"}]},
        {"facts": [{"title": "x" * 70_000, "lines": []}]},
    ):
        with pytest.raises(Refused, match="at most 64 KB"):
            await at(controls.request, "POST", "/playground/facts", wrong)


async def test_one_fault_is_taken_away_and_the_others_stay(playground: Playground, controls: Controls) -> None:
    first = await asyncio.to_thread(lambda: controls.fault(path="a", status=500))
    second = await asyncio.to_thread(lambda: controls.fault(path="b", status=500))
    left = await asyncio.to_thread(controls.request, "DELETE", f"/playground/faults?id={first}")
    assert [rule["id"] for rule in left] == [second]
    await asyncio.to_thread(controls.clear_faults)
    assert await asyncio.to_thread(controls.faults) == []


async def test_a_browsers_own_downloads_use_up_no_fault(bot: Presser, playground: Playground) -> None:
    """A fault on files is meant for the bot; the page shows the same pictures all the while."""
    made = await bot.rest.multipart(
        "POST", "/channels/150000000000000001/messages", {}, {"files[0]": ("a.txt", b"text")}
    )
    url = made.body["attachments"][0]["url"]
    playground.faults.add({"path": "^/cdn/", "status": 500})
    async with bot.rest.session.get(url, headers={"Sec-Fetch-Dest": "image"}) as answer:
        assert answer.status == 200
    async with bot.rest.session.get(url) as answer:
        assert answer.status == 500
