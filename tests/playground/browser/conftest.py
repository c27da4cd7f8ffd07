"""The page in a real browser (Debian's Chromium), with a real discord.py bot behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from playground.testing import Controls, PlaygroundProcess
from tests.browser import CHROMIUM, MISSING, chromium
from tests.fork_server import Forked, forked_playground
from tests.playground.browser.actions import NewPage


@pytest.fixture(scope="session", autouse=True)
def there() -> None:
    if CHROMIUM is None:
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def stack() -> Iterator[PlaygroundProcess]:
    with forked_playground() as playground:
        bot = Forked("bot", ("tests.playground.page_bot",), env={**os.environ, **playground.environment()})
        try:
            playground.controls.wait_for_bot()
            yield playground
        finally:
            bot.terminate()
            bot.wait(60)


@pytest.fixture(scope="package")  # starting one, and what drives it, takes as long as several tests
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def controls(stack: PlaygroundProcess) -> Iterator[Controls]:
    yield stack.controls
    stack.controls.clear_faults()
    for messages in stack.controls.state()["messages"].values():
        for message in messages:
            stack.controls.delete_message(message["id"])


@pytest.fixture
def new_page(browser: Browser, stack: PlaygroundProcess, controls: Controls) -> Iterator[NewPage]:
    """Opens pages; whatever the browser complains of (errors, broken policies) fails the test afterwards."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**how: Any) -> Page:
        settings = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark", **how}
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(stack.url)
        expect(page.locator("#status")).to_have_text("Bot online")
        expect(page.locator("#inspector-button .icon")).to_be_attached()  # the last that the page loads
        return page

    yield make
    for context in contexts:
        context.close()
    # A refused control is an answer, shown as a note; the browser logs its status all the same.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()
