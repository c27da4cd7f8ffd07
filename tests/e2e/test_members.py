"""What members do with the bot, with a real worker behind it: forms, animations, the menu, buttons, settings."""

import io
from typing import Any

from PIL import Image

from devstack.stack import Stack
from playground.testing import ADA_ID, BOT_ID, Controls, File
from tests.e2e.conftest import PANDA

Message = dict[str, Any]
FORM = {"palette": ["green"], "columns": "90", "background": ["dark"], "style": ["classic"], "format": ["svg"]}


def buttons(message: Message) -> list[str]:
    return [button["custom_id"] for row in message["components"] for button in row["components"]]


def reset_settings(controls: Controls) -> None:
    """Ask for it, press the button, and wait until it is saved."""
    asked = controls.wait_for_answer(controls.slash("settings reset", user=ADA_ID))
    controls.click(asked["id"], buttons(asked)[0], user=ADA_ID)

    def is_saved() -> bool:
        return any(m["id"] == asked["id"] and m["content"].startswith("Saved.") for m in controls.messages())

    controls.wait_for(is_saved)


def reply_to(controls: Controls, message_id: str, palette: str) -> Message:
    """The reply that shows a picture in that palette."""

    def there() -> Message | None:
        replies = [
            m for m in controls.messages() if (m.get("message_reference") or {}).get("message_id") == message_id
        ]
        return next((m for m in replies if m["content"].startswith(f"{palette} ·")), None)

    return controls.wait_for(there)


def test_text_stands_in_the_message_and_again_in_pink(controls: Controls) -> None:
    posted = controls.wait_for_answer(controls.slash("ascii", {"format": "phone"}, files={"image": PANDA}))
    art, _, credit = posted["content"].removeprefix("```\n").partition("\n```")
    lines = art.split("\n")
    assert posted["attachments"] == [] and len(posted["content"]) <= 2000
    assert max(map(len, lines)) <= 34 and len(set(art)) > 8
    assert credit.strip().startswith("photo · ") or credit == ""
    controls.react(posted["id"], "🩷")

    def pink() -> list[Message]:
        replies = [
            m for m in controls.messages() if (m.get("message_reference") or {}).get("message_id") == posted["id"]
        ]
        return [m for m in replies if m["content"].startswith("```")]

    (reply,) = controls.wait_for(pink)
    assert reply["content"].partition("\n```")[0] == posted["content"].partition("\n```")[0], "the same characters"


def test_an_animation_comes_back_moving(controls: Controls) -> None:
    pages = [Image.linear_gradient("L").rotate(60 * n).resize((120, 90)) for n in range(4)]
    stream = io.BytesIO()
    pages[0].save(stream, "GIF", save_all=True, append_images=pages[1:], duration=120, loop=0)
    used = controls.slash("ascii", {"columns": 30}, files={"image": ("wave.gif", stream.getvalue(), "image/gif")})
    posted = controls.wait_for_answer(used)
    with Image.open(io.BytesIO(controls.fetch(posted["attachments"][0]["url"]))) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("GIF", 4)


def test_menu_buttons_and_the_first_reaction(stack: Stack, controls: Controls) -> None:
    files: dict[str, File] = {"a": PANDA, "b": ("grey.png", _grey(), "image/png")}
    message = controls.message("two of them", files=files, user=ADA_ID)
    listed = controls.wait_for_answer(controls.slash("Make ASCII", target=message))
    (menu,) = buttons(listed)

    def is_hinted(message: Message) -> bool:
        shown = next(m for m in controls.messages() if m["id"] == message["id"])
        return BOT_ID in shown["reacted"].get("🩷", [])

    def draw() -> Message:
        """With the bot's own heart, or given up: a worker has three seconds for that, and nothing depends on it."""
        used = controls.click(listed["id"], menu, values=["0"])
        drawn = controls.wait_for_answer(used)
        given_up, log = f"no automatic reaction id={used['interaction_id']} ", stack.folder / "worker-1.log"
        controls.wait_for(lambda: is_hinted(drawn) or given_up in log.read_text(encoding="utf-8"))
        return drawn

    posted = next((drawn for drawn in (draw() for _ in range(3)) if is_hinted(drawn)), None)
    assert posted is not None, "no heart of the bot's in three tries"
    assert buttons(posted) == ["glyph:pink", "glyph:text", "glyph:compare", "glyph:redo", "glyph:delete"]

    controls.react(posted["id"], "🩷")
    assert reply_to(controls, posted["id"], "pink")["attachments"]
    opened = controls.click(posted["id"], "glyph:redo")
    controls.wait_for(lambda: controls.interaction(opened["interaction_id"])["response_data"])
    again = controls.wait_for_answer(controls.modal(opened["interaction_id"], FORM))
    assert again["content"].startswith("green · ")
    assert " 90×" in again["attachments"][0]["description"]
    assert [file["filename"] for file in again["attachments"]] == ["ascii-green.png", "ascii-green.svg"]
    controls.click(again["id"], "glyph:delete")
    controls.wait_for(lambda: all(m["id"] != again["id"] for m in controls.messages()))


def test_a_servers_defaults_reach_the_picture(controls: Controls) -> None:
    controls.wait_for_answer(
        controls.slash("settings defaults", {"palette": "amber", "spoiler": True}, user=ADA_ID)
    )
    try:
        posted = controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
        assert posted["content"].startswith("amber ·")
        assert posted["attachments"][0]["filename"] == "SPOILER_ascii-amber.png"
    finally:
        reset_settings(controls)


def _grey() -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").save(stream, "PNG")
    return stream.getvalue()
