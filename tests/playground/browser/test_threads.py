"""Threads and forums: made by a person, in the list under their channel, archived and locked."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from playground.state.seed import MOD_ID
from playground.testing import Controls
from tests.playground.browser.actions import composer, last


def test_a_thread_from_a_message(page: Page, controls: Controls) -> None:
    controls.message("Which palette for cats?", user=MOD_ID)
    last(page).click(button="right", position={"x": 200, "y": 12})
    page.get_by_role("menuitem", name="Create thread").click()
    form = page.get_by_role("dialog", name="Create thread")
    expect(form.get_by_label("Thread name")).to_have_value("Which palette for cats?")
    form.get_by_label("Thread name").fill("Cats")
    form.get_by_role("button", name="Create thread").click()
    threads = page.locator("#channels").get_by_role("list", name="Threads in ascii")
    thread = threads.get_by_role("button", name="Cats")
    expect(thread).to_have_attribute("aria-current", "page")  # it is open
    expect(page.locator(".starter")).to_contain_text("Which palette for cats?")
    composer(page).fill("pink")
    composer(page).press("Enter")
    expect(last(page)).to_contain_text("pink")
    expect(last(page).locator(".name")).to_have_text("Mia")  # and not under Mod's name
    controls.wait_for_answer(controls.slash("show", {"kind": "back in the channel"}))
    page.get_by_role("button", name="‹ #ascii").click()
    card = page.locator(".message", has_text="Which palette").locator(".thread-card")
    expect(card).to_contain_text("1 message · Mia")

    # Its moderator locks it; others see that, and write no more.
    page.locator("#actor").select_option(label="Mod · Moderator")
    card.click()
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("button", name="Unlock")).to_be_visible()  # locked: else "Archive" may overtake it
    page.get_by_role("button", name="Archive").click()
    expect(page.locator(".thread-state")).to_have_text("Locked · Archived")
    page.locator("#actor").select_option(label="Mia · Member")
    expect(page.locator(".forbidden")).to_contain_text("This thread is locked")
    page.get_by_role("button", name="‹ #ascii").click()
    expect(thread).to_have_count(0)
    page.get_by_role("button", name="Threads", exact=True).click()
    listed = page.get_by_role("dialog", name="Threads")
    expect(listed.get_by_role("heading", name="Archived")).to_be_visible()
    listed.get_by_role("button", name="Create", exact=True).click()
    page.get_by_label("Thread name").fill("By itself")
    page.get_by_role("button", name="Create thread").click()
    expect(page.locator("#channel-name")).to_have_text("By itself")
    page.get_by_role("button", name="‹ #ascii").click()
    expect(page.locator(".message.system")).to_contain_text("Mia started a thread: By itself")


def test_a_forum_has_posts(page: Page) -> None:
    page.locator("#channels").get_by_role("button", name="showcase").click()
    page.get_by_role("button", name="New post").click()
    page.get_by_label("Title").fill("My lemur")
    page.locator("#thread-words").fill("in **pink**")
    page.get_by_role("button", name="Create post").click()
    expect(last(page).locator("strong", has_text="pink")).to_be_visible()
    page.get_by_role("button", name="‹ #showcase").click()
    expect(page.locator(".posts .thread-card")).to_contain_text("My lemur")
