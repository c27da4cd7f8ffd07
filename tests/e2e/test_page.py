"""The page over the real bot and worker: what a newcomer does first, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from devstack.stack import Stack
from glyphcord.demo import ControlPanel
from playground.testing import Controls
from tests.browser import chromium, needs_chromium
from tests.e2e.conftest import PANDA

pytestmark = needs_chromium


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def test_a_newcomer_uploads_a_picture_and_has_it_in_pink(
    browser: Browser, stack: Stack, controls: Controls
) -> None:
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.goto(stack.playground.url)
    earlier = {message["id"] for message in controls.messages()}  # other tests draw in this channel, too

    def drawn(palette: str) -> str | None:
        """Where the page has the new picture in those colours, once it is there."""
        found = [m["id"] for m in controls.messages() if m["attachments"] and m["content"].startswith(palette)]
        return next((f"#m{number}" for number in found if number not in earlier), None)

    write = page.get_by_role("combobox", name="Message")
    write.fill("/ascii")
    expect(page.locator(".suggestions [role=option]").first).to_be_visible()
    write.press("Enter")
    page.locator("input[type=file][aria-label=image]").set_input_files(PANDA)
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.locator(controls.wait_for(lambda: drawn("photo")))
    expect(answer.locator(".picture img")).to_be_visible()
    answer.hover()
    answer.locator(".tools [data-k=heart]").click()
    pink = page.locator(controls.wait_for(lambda: drawn("pink")))
    expect(pink.locator(".picture img")).to_be_visible()
    expect(pink).to_contain_text("pink")
    pink.get_by_role("button", name="Before / after").click()
    expect(page.locator("#viewer-before")).to_have_attribute("alt", f"The photo: {PANDA.name}")


def test_a_worker_is_killed_from_the_page(stack: Stack, controls: Controls) -> None:
    """The demo's side of it: it tells the page, hears of the press, kills, starts again, and pictures come."""
    panel = ControlPanel(stack)

    def shown() -> list[str]:
        panel.tick()
        return [fact["title"] for fact in controls.request("GET", "/playground/facts")["facts"]]

    # Not the first time where Redis is silent for a moment: then the page says so.
    controls.wait_for(lambda: shown() == ["Queue", "Workers", "Models", "Last event"])
    before = {worker.pid for worker in stack.workers}
    controls.request("POST", "/playground/actions", {"id": "kill-worker"})
    panel.tick()
    assert {worker.pid for worker in stack.workers} < before
    used = controls.slash("ascii", files={"image": PANDA})

    def started_again() -> bool:
        panel.tick()
        return len(stack.workers) == len(before)

    controls.wait_for(started_again)
    assert controls.wait_for_answer(used)["attachments"]
