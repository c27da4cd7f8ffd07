"""A recorded session is a test that passes, until the bot is another."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground.recording.pytest_file import source_of
from playground.recording.stable import fits, stable
from playground.recording.steps import Recording
from playground.state.events import Deed, Events
from playground.state.seed import DIRECTS
from playground.testing import ADA_ID, ASCII_CHANNEL, BOT_ID, GENERAL_CHANNEL, MIA_ID, SAM_ID, Refused, Scene
from playground.types import Json
from tests.fork_server import Forked, forked_playground
from tests.playground.pictures import PNG_3X2

REPOSITORY = Path(__file__).parents[2]
PICTURE = ("cat.png", PNG_3X2, "image/png")
BOT = "tests.playground.bot --stay"
PAGE_BOT = "tests.playground.page_bot"
CHANGED = """
import asyncio
from tests.playground import bot

async def another(self, interaction):
    await interaction.response.edit_message(content="once more")

bot.Again.callback = another
asyncio.run(bot._main())
"""


@contextmanager
def scene(command: str) -> Iterator[Scene]:
    """A new playground with a bot on it."""
    with forked_playground() as process:
        people = Scene(process, timeout=120)
        environment = {**os.environ, **people.environment()}
        bot = Forked("bot", tuple(command.split()), env=environment)
        try:
            people.wait_for_bot()
            yield people
        finally:
            bot.kill()
            bot.wait()


def fetched(people: Scene, folder: Path) -> str:
    """Unpack what was recorded, and return the test's source."""
    with zipfile.ZipFile(io.BytesIO(people.controls.fetch(people.url + "/playground/recording.zip"))) as archive:
        archive.extractall(folder)
    return next(folder.glob("test_*.py")).read_text()


def run(folder: Path, command: str, timeout_s: int = 60) -> subprocess.CompletedProcess[str]:
    settings = f"[pytest]\nplayground_bot = {sys.executable} {command}\nplayground_timeout = {timeout_s}\n"
    (folder / "pytest.ini").write_text(settings)
    plugins = ["-p", "playground.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def test_a_recorded_session_passes_and_fails_when_the_bot_is_changed(tmp_path: Path) -> None:
    with scene(BOT) as people:
        people.controls.record("start", "Draw in pink")
        drawn = people.slash("ascii", image=PICTURE, palette="pink", private=False)
        people.next("and more")
        people.click(drawn, "Again")
        people.react(drawn, answer=False)
        people.slash("model reload", person="ada")
        asked = people.message("look", files=[PICTURE, ("notes.txt", b"hello", "text/plain")], channel="general")
        people.menu("Make ASCII", asked, person="sam")
        state = people.controls.record("stop")
        people.slash("model reload", person="ada")
        source = fetched(people, tmp_path)
    assert [step["what"] for step in state["steps"]] == ["slash", "click", "react", "slash", "message", "slash"]
    assert source == (
        '"""Recorded in the playground: /ascii, a click on Again, 🩷, /model reload, a message, Make ASCII."""\n'
        "\n"
        "from pathlib import Path\n"
        "\n"
        "HERE = Path(__file__).parent\n"
        "\n"
        "\n"
        "def test_draw_in_pink(playground, playground_bot):\n"
        '    answer = playground.slash("ascii", palette="pink", private=False, image=HERE / "cat.png")\n'
        '    answer.shows("done", files=["image/png"], buttons=["Again"])\n'
        '    playground.next("and more", files=["image/png"])\n'
        '    playground.click(answer, "Again")\n'
        '    answer.shows("again 1", files=["image/png"], buttons=["Again"])\n'
        '    playground.react(answer, "🩷", answer=False)\n'
        '    playground.slash("model reload", person="ada").shows("reloaded for ada", private=True)\n'
        "    message = playground.message(\n"
        '        "look",\n'
        '        files=[HERE / "cat.png", HERE / "notes.txt"],\n'
        '        channel="general",\n'
        "    )\n"
        '    playground.menu("Make ASCII", message, person="sam").shows("2 to do")\n'
    )
    passed = run(tmp_path, f"-m {BOT}")
    assert passed.returncode == 0 and "1 passed" in passed.stdout, passed.stdout + passed.stderr
    (tmp_path / "changed.py").write_text(CHANGED)
    failed = run(tmp_path, "changed.py --stay", timeout_s=30)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "content: expected 'again 1', not 'once more'" in failed.stdout


def test_forms_menus_other_places_and_what_was_there_before(tmp_path: Path) -> None:
    with scene(PAGE_BOT) as people:
        before = people.slash("draw", image=PICTURE)
        before = before.shows("…picture…")
        people.controls.record("start")
        told = people.click(before, "Tell", form={"Name": "Zoë", "Tone": ["Green"]}, person="sam")
        people.click(before, "Only me")
        people.click(before, "Tone", values=["Pink"])
        people.click(before, "Silent", answer=False)
        people.controls.advance(5)
        people.controls.speak("de", user=SAM_ID)
        people.controls.fault(path="/callback", status=500)
        people.controls.clear_faults()
        people.controls.delete_message(told.id)
        recorded = people.controls.recording()
        source = fetched(people, tmp_path)
        assert people.controls.record("forget")["steps"] == []
        with pytest.raises(Refused, match="nothing is recorded"):
            people.controls.request("GET", "/playground/recording.zip")
    assert recorded["test"] == source and recorded["recording"] and recorded["files"] == {}
    assert source == (
        '"""Recorded in the playground: a click on Tell, a form, a click on Only me, a click on Tone, '
        'a click on Silent, a deletion."""\n'
        "\n"
        "from playground.testing import SAM_ID\n"
        "\n"
        "\n"
        "def test_recorded(playground, playground_bot):\n"
        "    found = playground.find(\n"
        '        "Blue picture of cat.png, 79 bytes",\n'
        '        files=["image/png"],\n'
        '        buttons=["Again", "Only me", "Tell", "Silent"],\n'
        "    )\n"
        '    answer = playground.click(found, "Tell", person="sam", form={"Name": "Zoë", "Tone": ["Green"]})\n'
        '    answer.shows("Zoë likes Green")\n'
        '    playground.click(found, "Only me").shows("between us", private=True)\n'
        '    playground.click(found, "Tone", values=["Pink"])\n'
        '    found.shows("tone Pink", files=["image/png"], buttons=["Again", "Only me", "Tell", "Silent"])\n'
        '    playground.click(found, "Silent", answer=False)\n'
        "    playground.controls.advance(5)\n"
        '    playground.controls.speak("de", user=SAM_ID)\n'
        '    playground.controls.fault(path="/callback", status=500)\n'
        "    playground.controls.clear_faults()\n"
        "    playground.controls.delete_message(answer.id)\n"
    )
    (tmp_path / "cat.png").write_bytes(PNG_3X2)
    drawing = (
        'def test_recorded(playground, playground_bot):\n    playground.slash("draw", image=Path("cat.png"))\n'
    )
    with_it = source.replace("def test_recorded(playground, playground_bot):\n", drawing)
    (tmp_path / "test_recorded.py").write_text(with_it.replace("\n\n", "\nfrom pathlib import Path\n\n", 1))
    done = run(tmp_path, f"-m {PAGE_BOT}")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def message(id_: str, content: str, **more: object) -> Json:
    """A bot's message as the state has it."""
    plain: Json = {"components": [], "embeds": [], "attachments": [], "ephemeral_to": None, "loading": False}
    about = {"id": id_, "content": content, "author": {"id": BOT_ID}, "channel_id": ASCII_CHANNEL, "type": 0}
    return {**plain, **about, "interaction_id": None, **more}


def test_what_a_message_no_longer_has_is_told_and_pins_and_other_places_are() -> None:
    events = Events()
    kept: dict[str, Json] = {}
    recording = Recording(events, kept.get)
    recording.start("")

    def told(id_: str, content: str, **more: object) -> None:
        kept[id_] = message(id_, content, **more)
        events.changed("message", kept[id_])

    embed = {"title": "Sunny", "fields": [{"name": "Wind", "value": "3 km/h"}], "footer": {"text": "after 0.8 s"}}
    button = {"type": 2, "label": "Close", "custom_id": "c"}
    rows = [{"type": 1, "components": [button]}]
    events.did(Deed("message", SAM_ID, GENERAL_CHANNEL, {"message_id": "5", "content": "!weather"}))
    told("6", "", embeds=[embed], components=rows, channel_id=GENERAL_CHANNEL)
    mark = {"method": "POST", "path": "/playground/pin", "message_id": "6", "more": {}}
    events.did(Deed("request", ADA_ID, GENERAL_CHANNEL, mark))
    clicked = {"message_id": "6", "component": button, "components": rows, "interaction_id": "7"}
    events.did(Deed("click", MIA_ID, GENERAL_CHANNEL, clicked))
    events.changed("interaction", {"id": "7", "response_message_id": "6", "response_type": 7, "followup_ids": []})
    told("6", "closed", channel_id=GENERAL_CHANNEL)
    source, _ = source_of(recording)
    assert source.partition("def ")[2] == (
        "test_recorded(playground, playground_bot):\n"
        '    playground.message("!weather", person="sam", channel="general")\n'
        "    more = playground.next(\n"
        '        texts=["Sunny", "Wind: 3 km/h", "after … s"],\n'
        '        buttons=["Close"],\n'
        '        channel="general",\n'
        "    )\n"
        "    playground.controls.request(\n"
        '        "POST",\n'
        '        "/playground/pin",\n'
        '        {"message_id": more.id, "user_id": ADA_ID},\n'
        "    )\n"
        '    playground.click(more, "Close")\n'
        '    more.shows("closed", texts=[], buttons=[])\n'
    )
    assert "from playground.testing import ADA_ID" in source


def test_a_message_is_told_of_as_it_was_when_the_next_step_began() -> None:
    events, kept = Events(), dict[str, Json]()
    recording = Recording(events, kept.get)
    recording.start("")

    def told(id_: str, content: str, **more: object) -> None:
        kept[id_] = message(id_, content, **more)
        events.changed("message", kept[id_])

    def used(command: str, id_: str, answer_id: str) -> None:
        details = {"command": command, "options": {}, "interaction_id": id_}
        events.did(Deed("slash", MIA_ID, ASCII_CHANNEL, details))
        answer = {"response_message_id": answer_id, "response_type": 5, "followup_ids": []}
        events.changed("interaction", {"id": id_, **answer})

    used("lobby", "5", "6")
    told("6", "", interaction_id="5", loading=True)
    used("help", "7", "8")
    told("6", "Players: 0", interaction_id="5")  # which was to come
    told("8", "Say /join", interaction_id="7")
    used("join", "9", "10")
    told("10", "Welcome", interaction_id="9")
    told("6", "Players: 1", interaction_id="5")
    used("close", "11", "12")
    told("12", "Closed", interaction_id="11")
    told("6", "No more", interaction_id="5")
    events.changed("message_delete", {"id": "6"})
    assert source_of(recording)[0].partition("playground_bot):\n")[2] == (
        '    answer = playground.slash("lobby")\n'
        '    answer.shows("Players: 0")\n'
        '    playground.slash("help").shows("Say /join")\n'
        '    playground.slash("join").shows("Welcome")\n'
        '    answer.shows("Players: 1")\n'
        '    playground.slash("close").shows("Closed")\n'
        "    answer.vanishes()\n"
    )


def test_messages_are_looked_for_in_the_conversation_that_they_are_in() -> None:
    events, kept = Events(), dict[str, Json]()
    recording = Recording(events, kept.get)
    of_sam = next(one.id for one in DIRECTS.values() if set(one.people) == {SAM_ID, BOT_ID})
    kept["3"] = message("3", "a question", channel_id=of_sam)
    kept["4"] = message("4", "the news", channel_id=GENERAL_CHANNEL)
    recording.start("")
    reply = {"message_id": "5", "content": "an answer", "reference": {"message_id": "3"}}
    events.did(Deed("message", SAM_ID, of_sam, reply))
    events.changed("message", message("6", "thanks", channel_id=of_sam))
    forward = {"message_id": "7", "content": "", "reference": {"type": 1, "message_id": "4"}}
    events.did(Deed("message", MIA_ID, ASCII_CHANNEL, forward))
    assert source_of(recording)[0].partition("playground_bot):\n")[2] == (
        '    found = playground.find("a question", channel="dm", person="sam")\n'
        '    playground.message("an answer", reply_to=found, person="sam", channel="dm")\n'
        '    playground.next("thanks", channel="dm", person="sam")\n'
        '    found_2 = playground.find("the news", channel="general")\n'
        "    playground.message(forward=found_2)\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pink · 1.4 s", "Pink · … s"),
        (f"for <@{MIA_ID}>, by <@123456789012345678>", f"for <@{MIA_ID}>, by <@…>"),
        ("until <t:1790000000:R>", "until …"),
        ("see http://127.0.0.1:8080/cdn/attachments/1/2/a.png and", "see … and"),
        ("at 2026-11-28 22:40:11 (12:30)", "at … (…)"),
        ("reference 4f9a1c2be0", "reference …"),
        ("3 of 5 rooms, 128 columns", "3 of 5 rooms, 128 columns"),
    ],
)
def test_what_is_not_stable_is_not_told(text: str, expected: str) -> None:
    assert stable(text) == expected
    assert fits(expected, text) and not fits(expected, "! " + text)
