"""Pictures from where people have them, through the real bot and worker onto the message."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from devstack.stack import Stack
from jobs.text.sentences import CAPTIONS, ONLY_STILL
from playground.testing import ADA_ID, Controls
from tests.browser import chromium, needs_chromium
from tests.e2e.conftest import PANDA
from tests.models.videos import video


def a_photo(size: tuple[int, int] = (160, 120), turn: int = 0) -> bytes:
    with Image.open(PANDA) as photo:
        buffer = io.BytesIO()
        photo.rotate(turn).resize(size).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def a_gif() -> tuple[str, bytes, str]:
    frames = [Image.open(io.BytesIO(a_photo((96, 96), turn))) for turn in (0, 20, 40)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=120)
    return "panda.gif", buffer.getvalue(), "image/gif"


def drawings(answer: dict[str, Any]) -> list[str]:
    return [file["filename"] for file in answer["attachments"]]


@pytest.fixture
def ten(controls: Controls) -> str:
    """A message of ten pictures, of which the third is damaged and the fourth hidden."""
    photos = [a_photo((64 + 8 * n, 96), 15 * n) for n in range(10)]
    photos[2] = photos[2][:200]
    names = [f"{'SPOILER_' if n == 3 else ''}panda{n}.png" for n in range(10)]
    files = {f"f{n}": (name, data, "image/png") for n, (name, data) in enumerate(zip(names, photos, strict=True))}
    return controls.message("my ten pandas", files=files, user=ADA_ID)


def test_all_of_them_come_in_one_message_and_in_pink(controls: Controls, stack: Stack, ten: str) -> None:
    listed = controls.wait_for_answer(controls.slash("Make ASCII", target=ten))
    custom_id = listed["components"][0]["components"][0]["custom_id"]
    answer = controls.wait_for_answer(controls.click(listed["id"], custom_id, values=["all"]))
    expected = [f"ascii-photo-{n}.png" for n in (1, 2, 4, 5, 6, 7, 8, 9, 10)]
    expected[2] = "SPOILER_ascii-photo-4.png"
    assert drawings(answer) == expected
    assert "Picture 3: That picture is damaged" in answer["content"]
    controls.react(answer["id"])

    def in_pink() -> dict[str, Any] | None:
        replies = [
            message
            for message in controls.messages()
            if (message.get("message_reference") or {}).get("message_id") == answer["id"] and message["attachments"]
        ]
        return replies[0] if replies else None

    pink = controls.wait_for(in_pink)
    assert drawings(pink) == [name.replace("photo", "pink") for name in expected]


def test_an_avatar_moves_and_a_hidden_gif_of_the_picker_is_hidden(controls: Controls) -> None:
    controls.look("member", a_gif(), user=ADA_ID)
    assert drawings(controls.wait_for_answer(controls.slash("ASCII avatar", target=ADA_ID))) == ["ascii-photo.gif"]
    link = "https://tenor.com/view/panda-1"
    shown = {
        "video": {"url": "https://media.tenor.com/1/panda.mp4", "proxy_url": "attachment://panda.mp4"},
        "thumbnail": {"url": "https://media.tenor.com/1/panda.png", "proxy_url": "attachment://panda.png"},
    }
    embeds = [{"type": "gifv", "url": link, **shown}]
    moving = video([np.asarray(Image.open(io.BytesIO(a_photo((96, 96), turn)))) for turn in (0, 20, 40)])
    for data, suffix in ((moving, "gif"), (moving[: len(moving) // 2], "png")):
        files = {"v": ("panda.mp4", data, "video/mp4"), "t": ("panda.png", a_photo(), "image/png")}
        message = controls.message(f"||{link}||", files=files, embeds=embeds)
        answer = controls.wait_for_answer(controls.slash("Make ASCII", target=message))
        assert drawings(answer) == [f"SPOILER_ascii-photo.{suffix}"]
        assert (CAPTIONS[ONLY_STILL] in answer["content"]) == (suffix == "png")
    controls.look("member", user=ADA_ID)


@needs_chromium
def test_the_page_offers_a_persons_menu_and_all_of_them(
    stack: Stack, controls: Controls, tmp_path: Path, ten: str
) -> None:
    controls.look("user", ("ada.png", a_photo((128, 128)), "image/png"), user=ADA_ID)
    shots = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(stack.playground.url)
        message = page.locator(f"#m{ten}")
        message.hover()
        message.locator("[data-k=more]").click()
        page.screenshot(path=shots / "menu.png")
        earlier = {one["id"] for one in controls.messages()}
        page.get_by_role("menuitem", name="ASCII avatar").click()

        def new(ready: str) -> str | None:
            found = [one["id"] for one in controls.messages() if one["id"] not in earlier and one[ready]]
            return found[0] if found else None

        avatar = controls.wait_for(lambda: new("attachments"))
        expect(page.locator(f"#m{avatar} .picture img")).to_be_visible()
        page.screenshot(path=shots / "avatar.png")
        earlier = {one["id"] for one in controls.messages()}
        # At once: the list moves when a reaction comes below the newest message.
        message.locator("[data-k=more]").evaluate("one => one.click()")
        page.get_by_role("menuitem", name="Make ASCII").click()
        choose = page.locator(".message.ephemeral select").last
        expect(choose.locator("option", has_text="All of them")).to_have_count(1)
        # At once: the page may draw a message anew while Playwright waits for it to stand still.
        choose.evaluate("one => one.scrollIntoView()")
        page.screenshot(path=shots / "picker.png")
        choose.select_option(label="All of them")
        drawn = controls.wait_for(lambda: new("attachments"))
        expect(page.locator(f"#m{drawn} .picture img")).to_have_count(9)
        page.locator(f"#m{drawn} .picture img").nth(5).evaluate("one => one.scrollIntoView()")  # at once, as above
        page.screenshot(path=shots / "all.png")
    controls.look("user", user=ADA_ID)
