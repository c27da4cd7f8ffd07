"""What the tests of the page do and look for in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from playground.page.gallery import FOLDER

LEMUR = FOLDER / "lemur.jpg"
NewPage = Callable[..., Page]


def composer(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Message", exact=False)


def last(page: Page) -> Locator:
    return page.locator(".message").last


def use_draw(page: Page, palette: str = "Pink") -> Locator:
    """Upload a picture to /draw and return the answer, complete."""
    composer(page).fill("/dr")
    page.get_by_role("option", name="/draw").click()
    page.locator("input[type=file][aria-label=image]").set_input_files(LEMUR)
    page.get_by_label("palette").select_option(palette)
    page.get_by_role("button", name="Send", exact=True).click()
    found = page.locator(".message", has_text=f"{palette} picture of lemur.jpg").last
    expect(found.locator(".picture img")).to_be_visible()
    return page.locator(f"#{found.get_attribute('id')}")


def is_loaded(image: Locator) -> bool:
    return bool(image.evaluate("async (img) => { await img.decode(); return img.naturalWidth > 0; }"))


def drop(page: Page, path: Path, kind: str) -> None:
    data = page.evaluate_handle(
        """async ([url, name, kind]) => {
            const blob = await (await fetch(url)).blob();
            const data = new DataTransfer();
            data.items.add(new File([blob], name, { type: kind }));
            return data;
        }""",
        [f"/playground/samples/{path.name}", path.name, kind],
    )
    for event in ("dragenter", "dragover"):
        page.dispatch_event("#messages", event, {"dataTransfer": data})
    expect(page.locator("#veil")).to_have_text("Drop it for /draw")
    page.dispatch_event("#messages", "drop", {"dataTransfer": data})
    expect(page.locator("#veil")).to_be_hidden()
