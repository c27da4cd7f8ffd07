"""Several people in one window, each with a frame of their own, also as on a phone."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from playwright.sync_api import FrameLocator, Locator, Page, expect

from playground.state.seed import ADA_ID, GENERAL_CHANNEL, MIA_ID
from playground.testing import Controls, PlaygroundProcess
from tests.playground.browser.actions import LEMUR, NewPage, composer


def frame(page: Page, number: int) -> FrameLocator:
    return page.frame_locator(".frame iframe").nth(number)


def box(page: Page, number: int) -> Locator:
    return frame(page, number).get_by_role("combobox", name="Message", exact=False)


def inside(page: Page, number: int, script: str) -> object:
    """What a script says within a frame, in the frames' order on the page."""
    handle = page.locator(".frame iframe").nth(number).element_handle()
    within = handle.content_frame() if handle else None
    assert within is not None
    return within.evaluate(script)


def test_what_one_sees_and_another_does_not(page: Page, controls: Controls) -> None:
    asked: Counter[str] = Counter()
    composer(page).fill("half of it")
    page.get_by_label("Side by side with").select_option("Ada")
    expect(box(page, 0)).to_have_value("half of it")
    expect(box(page, 1)).to_be_visible()
    assert page.url.endswith("/?people=mia/ascii,ada/ascii")
    page.on("request", lambda request: asked.update([urlsplit(request.url).path]))
    page.reload()
    expect(box(page, 0)).to_be_visible()
    expect(box(page, 1)).to_be_visible()
    assert (asked["/playground/events"], asked["/playground/state"]) == (1, 1)  # once for all frames

    box(page, 1).fill("Ada writes meanwhile")
    controls.wait_for_answer(controls.slash("draw", files={"image": LEMUR}))
    mine, theirs = (frame(page, n).locator(".message", has_text="picture of lemur.jpg") for n in (0, 1))
    expect(theirs).to_be_visible()
    mine.get_by_role("button", name="Only me").click()
    expect(frame(page, 0).locator(".message.ephemeral")).to_contain_text("between us")
    mine.get_by_role("button", name="Again").click()
    expect(frame(page, 1).locator(".message").last).to_contain_text("pressed again")
    expect(frame(page, 1).locator(".message.ephemeral")).to_have_count(0)
    expect(box(page, 1)).to_have_value("Ada writes meanwhile")

    # A form opens for who pressed, and only in the frame in which they did.
    page.get_by_label("Add a person").select_option("Mia")
    expect(box(page, 2)).to_be_visible()
    frame(page, 2).get_by_role("button", name="Tell").click()
    expect(frame(page, 2).get_by_role("dialog", name="A form")).to_be_visible()
    box(page, 1).press("Enter")  # the others go on
    expect(frame(page, 0).locator(".message").last).to_contain_text("Ada writes meanwhile")
    expect(frame(page, 0).get_by_role("dialog", name="A form")).to_have_count(0)


def test_the_address_says_who_is_where(page: Page, stack: PlaygroundProcess) -> None:
    page.goto(f"{stack.url}/?people=mia/general,mod,sam:phone")
    expect(frame(page, 0).locator("#channel-select")).to_have_value(GENERAL_CHANNEL)
    expect(frame(page, 2).locator("#composer textarea")).to_be_visible()
    assert inside(page, 2, "[innerWidth, innerHeight]") == [390, 844]
    shown = page.locator(".frame.phone iframe").bounding_box()
    assert shown is not None and shown["y"] + shown["height"] <= 900  # the whole of it
    second = page.get_by_role("region", name="Mod")
    second.get_by_label("Person").select_option("ada")
    page.wait_for_url("**/*people=mia/general,ada/ascii,sam/ascii:phone")
    expect(frame(page, 1).locator("#actor option:checked")).to_have_text("Ada · Admin")  # no more Mod's page
    page.get_by_role("region", name="Sam").get_by_role("button", name="Phone").click()
    frame(page, 0).get_by_label("Channel", exact=True).select_option(label="#quiet")
    page.wait_for_url("**/*people=mia/quiet,ada/ascii,sam/ascii")
    for number in range(3):  # two of them have loaded anew
        expect(box(page, number)).to_be_visible()
    box(page, 0).focus()
    for key, reached in (("F6", 1), ("F6", 2), ("Shift+F6", 1)):
        page.keyboard.press(key)
        expect(page.locator(".frame iframe").nth(reached)).to_be_focused()
        page.keyboard.type(key[-1])
        expect(box(page, reached)).to_have_value("6" * (2 if key == "Shift+F6" else 1))
    page.get_by_role("region", name="Ada").get_by_role("button", name="Close").click()
    page.wait_for_url("**/*people=mia/quiet,sam/ascii")
    page.get_by_role("region", name="Sam").get_by_role("button", name="Show alone").click()
    expect(page.locator("#actor option:checked")).to_have_text("Sam · Member")
    page.get_by_role("button", name="Phone beside").click()
    expect(page.locator(".frame.phone")).to_be_visible()
    page.wait_for_url("**/*people=sam/ascii,sam/ascii:phone")


def test_a_frame_that_nobody_sees_rests(new_page: NewPage, stack: PlaygroundProcess, controls: Controls) -> None:
    page = new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{stack.url}/?people=mia,ada")  # one beside the other, as wide as the phone
    expect(box(page, 0)).to_be_visible()
    expect(box(page, 1)).to_be_attached()
    assert page.evaluate("[innerWidth, document.scrollingElement.scrollWidth]") == [390, 390]
    expect(frame(page, 1).locator(".empty")).to_be_attached()
    controls.message("for both", user=MIA_ID)
    expect(frame(page, 0).locator(".message").last).to_contain_text("for both")
    assert inside(page, 1, "document.querySelectorAll('.message').length") == 0
    page.locator(".frame").nth(1).scroll_into_view_if_needed()
    expect(frame(page, 1).locator(".message").last).to_contain_text("for both")
    controls.message("and this", user=ADA_ID)
    expect(frame(page, 1).locator(".message").last).to_contain_text("and this")
