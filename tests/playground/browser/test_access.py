"""Ways to the page: by keyboard, on a phone, with a screen reader, in light and dark, with a password."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from playground.state.seed import ADA_ID, MIA_ID, MOD_ID
from playground.testing import Controls
from tests.playground.browser.actions import LEMUR, NewPage, composer, last, use_draw

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def test_on_a_phone(new_page: NewPage) -> None:
    page = new_page(**PHONE)
    page.get_by_role("button", name="Animal").tap()
    expect(page.locator(".drop")).to_contain_text("lemur.jpg")  # until then "Send" is the message box's
    page.get_by_role("button", name="Send", exact=True).tap()
    answer = page.locator(".message", has_text="picture of lemur.jpg").first
    expect(answer.locator(".picture img")).to_be_visible()
    answer.get_by_role("button", name="React with a pink heart").tap()
    expect(page.locator(".message", has_text="in pink").locator(".picture img")).to_be_visible()
    assert page.evaluate("[innerWidth, document.scrollingElement.scrollWidth]") == [390, 390]
    page.get_by_role("button", name="Inspector").tap()
    expect(page.get_by_role("heading", name="Inspector")).to_be_visible()
    page.get_by_role("button", name="Close the panel").tap()
    answer.get_by_role("button", name="More").tap()
    menu = page.get_by_role("menu").bounding_box()
    assert menu is not None and menu["x"] >= 0 and menu["x"] + menu["width"] <= 390
    page.keyboard.press("Escape")
    page.get_by_label("Channel", exact=True).select_option(label="#general")
    expect(page.locator(".empty")).to_contain_text("Welcome to #general")


def test_with_the_keyboard_alone(page: Page) -> None:
    composer(page).focus()
    page.keyboard.type("/draw")
    page.keyboard.press("Enter")
    expect(page.locator("input[type=file][aria-label=image]")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        # Chromium takes keys by another way than commands, and may serve the key before it hears that choosers
        # are to be caught: a round trip by the commands' way comes first. A click makes one of its own.
        page.evaluate("0")
        page.keyboard.press("Space")
    chooser.value.set_files(LEMUR)
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.tagName") != "SELECT":
        page.keyboard.press("Tab")
    page.keyboard.type("G")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    answer = page.locator(".message", has_text="Green picture of lemur.jpg").first
    expect(answer.locator(".picture img")).to_be_visible()
    expect(composer(page)).to_be_focused()

    def back_to(name: str) -> None:
        for _ in range(60):
            if (
                page.evaluate(
                    "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
                )
                == name
            ):
                return
            page.keyboard.press("Shift+Tab")
        raise AssertionError(f"Shift+Tab does not lead to {name!r}")

    back_to("React with a pink heart")
    page.keyboard.press("Enter")
    expect(answer.locator(".pill")).to_be_visible()
    expect(answer.get_by_role("button", name="React with a pink heart")).to_be_focused()  # drawn anew meanwhile
    expect(page.locator(".message", has_text="in pink")).to_be_visible()  # it quotes the answer as it is by then
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(answer.get_by_role("button", name="More")).to_be_focused()
    back_to("Again")
    page.keyboard.press("Enter")
    expect(page.locator(".message", has_text="pressed again")).to_be_visible()
    expect(page.get_by_role("button", name="Again")).to_be_focused()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_accessibility(new_page: NewPage, controls: Controls, scheme: str) -> None:
    page = new_page(color_scheme=scheme, reduced_motion="reduce")
    answer = use_draw(page)
    for kind in ("code", "text"):
        controls.wait_for_answer(controls.slash("show", {"kind": kind}))
    controls.message("> hi **there** ||secret|| <@" + MIA_ID + "> `code`", user=MOD_ID)
    controls.react(str(answer.get_attribute("id"))[1:], "👍")
    controls.facts([{"title": "Queue", "lines": [["waiting", "3"]]}], [{"id": "kill", "label": "Kill a worker"}])

    def judge(what: str) -> None:
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [
            f"{what}: {v['id']}: {v['help']}: {[node['html'][:160] for node in v['nodes']][:4]}"
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert serious == []

    judge("channel")
    page.get_by_role("button", name="Licences").click()
    judge("licences")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Inspector").click()
    expect(page.locator(".log li:not(.beat)").first).to_be_visible()
    judge("inspector")
    composer(page).fill("/")
    judge("completion")
    composer(page).press("Enter")
    judge("command")
    page.keyboard.press("Escape")
    last(page).hover()
    last(page).get_by_role("button", name="More").click()
    judge("menu")
    page.keyboard.press("Escape")
    answer.get_by_role("button", name="Before / after").click()
    judge("viewer")
    page.keyboard.press("Escape")
    answer.get_by_role("button", name="Tell").click()
    expect(page.get_by_role("dialog", name="A form")).to_be_visible()
    judge("form")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Threads", exact=True).click()
    judge("threads")
    page.keyboard.press("Escape")
    page.locator("#server-settings").click()
    for pane in page.locator(".settings-nav button").all():
        pane.click()
        judge(str(pane.text_content()))
    page.goto(f"{page.url}?people=mia,ada:phone")
    expect(page.frame_locator(".frame iframe").last.locator(".message").last).to_be_visible()
    judge("side by side")


def test_light_dark_and_what_is_remembered(page: Page) -> None:
    def back() -> str:
        return str(page.locator("main").evaluate("node => getComputedStyle(node).backgroundColor"))

    dark = back()
    page.get_by_role("button", name="Light / dark").click()
    light = back()
    assert light != dark
    page.locator("#actor").select_option(ADA_ID)
    page.reload()
    expect(page.locator("#actor")).to_have_value(ADA_ID)
    assert back() == light


def test_a_public_page_opens_with_its_password(browser: Browser) -> None:
    password = "correct horse battery"
    command = [sys.executable, "-m", "playground", "--host", "0.0.0.0", "--port", "0", "--token", "its own"]
    environment = {**os.environ, "PLAYGROUND_PASSWORD": password}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().removeprefix("playground: ").strip()
            context = browser.new_context(http_credentials={"username": "me", "password": password})
            page = context.new_page()
            page.goto(url)
            composer(page).fill("by myself")  # page, state, events and controls all know the password
            composer(page).press("Enter")
            expect(last(page)).to_contain_text("by myself")
            context.close()
            with pytest.raises(Error, match="INVALID_AUTH_CREDENTIALS"):
                browser.new_page().goto(url)
        finally:
            process.terminate()
