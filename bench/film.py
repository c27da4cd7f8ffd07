"""The moving picture of the README, and those of the playground's page: `python -m bench.film`.

Starts the whole service here, with Chromium as a member's Discord: /ascii, a photo, the page, a click on 🩷, and
the page in pink. What is waited for is real; what is shown of it is a frame for each thing that happens, at a pace
that can be read. Needs Chromium (Debian: `apt-get install chromium`), as the tests of the page do.
"""

import argparse
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bench.summary import say
from devstack.stack import Stack
from glyphcord.demo import ControlPanel
from models.samples import SAMPLES

OUT: Final = Path("docs")
PHOTO: Final = next(path for path in SAMPLES if path.stem == "panda")
SIZE: Final = (940, 740)
POINTER: Final = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (13, 12))
STEPS: Final = 7
"""Frames that the pointer takes from one place to the next."""


class Film:
    """The frames so far, each with the milliseconds that it stays, and where the pointer is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._at = (640.0, 420.0)
        self.screens: list[Image.Image] = []  # those with a picture in them
        self.frames: list[Image.Image] = []
        self.durations: list[int] = []

    def shoot(self, ms: int) -> None:
        """The page as it is now."""
        self._keep(self._screen(), ms)

    def point(self, target: Locator) -> None:
        """Move the pointer there."""
        box = target.bounding_box()
        assert box is not None
        screen, (x, y) = self._screen(), self._at
        there = (box["x"] + min(box["width"] / 2, 60), box["y"] + box["height"] / 2)
        for step in range(1, STEPS + 1):
            part = 1 - (1 - step / STEPS) ** 2
            self._at = (x + (there[0] - x) * part, y + (there[1] - y) * part)
            self._keep(screen, 40)

    def _screen(self) -> Image.Image:
        screen = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        if self._page.locator(".picture").count():
            self.screens.append(screen)
        return screen

    def _keep(self, screen: Image.Image, ms: int) -> None:
        frame = screen.copy()
        shape = [(self._at[0] + x, self._at[1] + y) for x, y in POINTER]
        ImageDraw.Draw(frame).polygon(shape, fill="white", outline="black")
        self.frames.append(frame)
        self.durations.append(ms)

    def save(self, path: Path) -> None:
        """As a GIF that begins anew for ever, all frames in one set of colours."""
        room = self._page.locator("#messages").bounding_box()
        assert room is not None
        x, y, width, height = (round(room[side]) for side in ("x", "y", "width", "height"))
        # The colours are those of the messages, where the pictures are, and a few of the page around them.
        strip = Image.new("RGB", (width, height * (len(self.screens) + 1)))
        for row, screen in enumerate(self.screens):
            strip.paste(screen.crop((x, y, x + width, y + height)), (0, row * height))
        strip.paste(
            self.screens[-1].resize((width, height), Image.Resampling.NEAREST), (0, len(self.screens) * height)
        )
        colours = strip.quantize(255, Image.Quantize.MEDIANCUT, kmeans=4)
        first, *others = (frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in self.frames)
        first.save(path, save_all=True, append_images=others, duration=self.durations, loop=0, optimize=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise SystemExit("Chromium is missing: `apt-get install chromium`, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


def opened(browser: Browser, url: str, size: tuple[int, int], *, gallery: bool = True, **how: Any) -> Page:
    """The playground's page, as a member has it."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **{"color_scheme": "dark", **how})
    page.add_init_script(f"localStorage.setItem('gallery', '{'open' if gallery else 'closed'}')")
    page.goto(url)
    expect(page.locator("#status")).to_have_text("Bot online", timeout=60_000)
    return page


def act(page: Page) -> Film:
    """What a member does, filmed."""
    film = Film(page)
    write = page.get_by_role("combobox", name="Message")
    film.shoot(700)
    film.point(write)
    write.focus()
    for typed in ("/", "/a", "/as", "/asc", "/ascii"):
        write.fill(typed)
        film.shoot(130)
    film.shoot(500)
    write.press("Enter")
    film.shoot(500)
    film.point(page.locator(".drop"))
    page.locator("input[type=file][aria-label=image]").set_input_files(PHOTO)
    expect(page.locator(".drop .preview")).to_be_visible()
    film.shoot(800)
    send = page.get_by_role("button", name="Send", exact=True)
    film.point(send)
    send.click()
    expect(page.locator(".thinking")).to_be_visible()
    film.shoot(700)
    answer = drawn(page, 1)
    heart = answer.locator(".pill")
    expect(heart).to_be_visible(timeout=60_000)
    film.shoot(2500)
    film.point(heart)
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    film.shoot(900)
    drawn(page, 2)
    film.shoot(3500)
    return film


def drawn(page: Page, count: int) -> Locator:
    """The latest message, once so many pictures are there and loaded."""
    expect(page.locator(".picture img")).to_have_count(count, timeout=60_000)
    page.locator(".picture img").last.evaluate("image => image.decode()")
    page.locator("#messages").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    return page.locator(f"#{page.locator('.message').last.get_attribute('id')}")


def stills(browser: Browser, stack: Stack, folder: Path) -> Iterator[Path]:
    """The page with its inspector, the slider between photo and picture, the page on a phone, and two people's."""
    url = stack.playground.url
    page = opened(browser, url, (1440, 900))
    page.get_by_role("button", name="Inspector").click()
    ControlPanel(stack).tick()
    expect(page.locator(".facts")).to_contain_text("Workers")
    stack.controls.wait_for_answer(stack.controls.slash("ascii", files={"image": PHOTO}))
    expect(page.locator(".message").last.locator(".pill")).to_be_visible(timeout=60_000)
    yield still(page, folder / "playground.png")
    page.set_viewport_size({"width": 900, "height": 660})
    page.locator(".message").last.get_by_role("button", name="Before / after").click()
    expect(page.locator("#viewer-slider")).to_be_visible()
    yield still(page, folder / "playground-compare.png")
    page.close()
    phone = dict[str, Any](is_mobile=True, has_touch=True, device_scale_factor=1.5, color_scheme="light")
    yield still(opened(browser, url, (390, 780), **phone), folder / "playground-phone.png")
    yield side_by_side(browser, stack, folder / "playground-people.png")


def side_by_side(browser: Browser, stack: Stack, path: Path) -> Path:
    """Mia, whom the bot has answered privately, beside Sam on a phone, who sees nothing of it."""
    page = opened(browser, f"{stack.playground.url}/?people=mia,sam:phone", (1280, 800), gallery=False)
    hers = page.frame_locator(".frame iframe").first.locator(".message.ephemeral .picture img")
    asked = stack.controls.slash("ascii", {"private": True, "palette": "pink"}, files={"image": PHOTO})
    stack.controls.wait_for_answer(asked)
    expect(hers).to_be_visible(timeout=60_000)
    for number in (0, 1):
        one = page.frame_locator(".frame iframe").nth(number)
        one.locator(".picture img").last.evaluate("image => image.decode()")
        one.locator("#messages").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    return saved(page, path)


def still(page: Page, path: Path) -> Path:
    """What the page shows, in 255 colours: a third of the bytes."""
    page.locator("#messages").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    page.locator(".picture img").last.evaluate("image => image.decode()")
    return saved(page, path)


def saved(page: Page, path: Path) -> Path:
    screen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    screen.quantize(255, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def main() -> None:
    """Make them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=OUT, help="a folder (default: %(default)s)")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="glyphcord-film-") as folder, Stack(Path(folder)) as stack:
        say("the service is up")
        stack.controls.wait_for_answer(stack.controls.slash("ascii", files={"image": PHOTO}))  # warm
        for message in stack.controls.messages():
            stack.controls.delete_message(message["id"])
        with chromium() as browser:
            film = act(opened(browser, stack.playground.url, SIZE, gallery=False))
            film.save(out / "demo.gif")
            made = [out / "demo.gif", *stills(browser, stack, out)]
    print(f"{len(film.frames)} frames, {sum(film.durations) / 1000:.0f} s")
    for path in made:
        print(f"{path}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
