"""Answers of a bot: pictures, buttons, menus, forms, progress, and the viewer."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from playground.state.seed import ADA_ID
from playground.testing import Controls
from tests.playground.browser.actions import LEMUR, NewPage, is_loaded, last, use_draw


def test_an_upload_becomes_a_picture(page: Page) -> None:
    answer = use_draw(page)
    assert f"{LEMUR.stat().st_size} bytes" in answer.inner_text()
    assert "Mia used /draw" in re.sub(r"\s+", " ", answer.inner_text())
    assert is_loaded(answer.locator(".picture img"))
    assert answer.locator(".picture img").get_attribute("alt") == "A drawing in Pink"


def test_a_heart_brings_it_in_pink(page: Page) -> None:
    answer = use_draw(page, "Blue")
    answer.hover()
    answer.get_by_role("button", name="React with a pink heart").click()
    expect(answer.locator(".pill")).to_have_attribute("aria-pressed", "true")
    pink = page.locator(".message", has_text="in pink")
    expect(pink.locator(".above")).to_contain_text("Blue picture of lemur.jpg")
    assert is_loaded(pink.locator(".picture img"))
    answer.locator(".pill").click()
    expect(answer.locator(".pill")).to_have_count(0)


def test_a_press_is_not_lost_when_others_change_what_is_pressed(page: Page, controls: Controls) -> None:
    answer = use_draw(page)
    number = str(answer.get_attribute("id")).removeprefix("m")
    for count, emoji in enumerate("👀🎉🦎🐈", 1):
        answer.get_by_role("button", name="Again").hover()
        began = time.monotonic()
        page.mouse.down()
        controls.react(number, emoji, user=ADA_ID)
        there = f"id => Object.keys(playgroundFeed.data.messages.get(id).reacted).length === {count}"
        page.wait_for_function(there, arg=number)
        # Two frames later it would be drawn.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.mouse.up()
        if time.monotonic() - began < 2:  # longer than that nothing is held back
            break
    expect(answer).to_contain_text("pressed again")
    expect(answer.locator(".pill")).to_have_count(count)


def test_buttons(page: Page, controls: Controls) -> None:
    answer = use_draw(page)
    answer.get_by_role("button", name="Only me").click()
    secret = page.locator(".message.ephemeral")
    expect(secret).to_contain_text("between us")
    page.locator("#actor").select_option(label="Sam · Member")
    expect(secret).to_have_count(0)
    page.locator("#actor").select_option(label="Mia · Member")
    secret.get_by_role("button", name="Dismiss message").click()
    expect(secret).to_have_count(0)
    answer.get_by_role("button", name="Silent").click()
    controls.wait_for(lambda: list(controls.state()["interactions"].values())[-1]["type"] == 3)
    controls.advance(4)
    expect(answer).to_contain_text("This interaction failed")
    answer.get_by_role("button", name="Again").click()
    expect(answer).to_contain_text("pressed again")


def test_select_menus(page: Page) -> None:
    answer = use_draw(page)
    answer.get_by_label("Tone").select_option("Green")
    expect(answer).to_contain_text("tone Green")
    # Being acknowledged draws the answer once more, which closes what is open in it.
    page.wait_for_function(
        "Object.values(playgroundFeed.data.interactions).every((one) => one.acknowledged || one.failed)"
    )
    answer.locator("summary").click()
    choose = answer.get_by_role("button", name="Choose")
    expect(choose).to_be_disabled()
    for name in ("Blue", "Pink"):
        answer.get_by_role("checkbox", name=name).check()
    choose.click()
    expect(answer).to_contain_text("tones Blue+Pink")


def test_a_form(page: Page) -> None:
    use_draw(page).get_by_role("button", name="Tell").click()
    form = page.get_by_role("dialog", name="A form")
    form.get_by_label("Name").fill("Mia <b>")
    form.get_by_label("Tone").select_option("Green")
    form.get_by_role("button", name="Submit").click()
    expect(form).not_to_be_visible()
    expect(last(page)).to_contain_text("Mia <b> likes Green")


def test_before_and_after(page: Page) -> None:
    answer = use_draw(page)
    answer.get_by_role("button", name="Before / after").click()
    viewer = page.locator("#viewer")
    expect(viewer.locator("#viewer-before")).to_have_attribute("alt", "The photo: lemur.jpg")
    assert is_loaded(viewer.locator("#viewer-before")) and is_loaded(viewer.locator("#viewer-image"))
    slider = viewer.get_by_role("slider")
    before = slider.evaluate("node => document.getElementById('viewer-before').style.clipPath")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert (before, slider.evaluate("node => document.getElementById('viewer-before').style.clipPath")) == (
        "inset(0px 50% 0px 0px)",
        "inset(0px 40% 0px 0px)",
    )
    line = slider.evaluate("node => node.offsetLeft + parseFloat(getComputedStyle(node, '::before').left)")
    assert line == pytest.approx(viewer.locator("#viewer-image").evaluate("img => img.offsetWidth") * 0.6, abs=1)
    viewer.get_by_role("button", name="100 %").click()
    shown = viewer.locator("#viewer-image")
    assert shown.evaluate("img => [img.getBoundingClientRect().width, getComputedStyle(img).imageRendering]") == [
        320,
        "pixelated",
    ]
    page.keyboard.press("Escape")
    expect(viewer).not_to_be_visible()
    with page.expect_download() as download:
        answer.get_by_role("link", name="Download Pink.png").click()
    assert download.value.suggested_filename == "Pink.png"


def test_the_pink_reply_knows_the_photo_too(page: Page) -> None:
    answer = use_draw(page, "Blue")
    answer.hover()
    answer.get_by_role("button", name="React with a pink heart").click()
    page.locator(".message", has_text="in pink").get_by_role("button", name="Before / after").click()
    expect(page.locator("#viewer-before")).to_have_attribute("alt", "The photo: lemur.jpg")


def test_code_text_and_animation(page: Page, new_page: NewPage, controls: Controls) -> None:
    for kind in ("code", "text", "moving"):
        controls.wait_for_answer(controls.slash("show", {"kind": kind}))
    red = page.locator(".ansi-red")
    expect(red).to_have_text("red")
    assert red.evaluate("node => getComputedStyle(node).color") != page.locator(".ansi-blue").evaluate(
        "node => getComputedStyle(node).color"
    )
    file = page.locator(".file")
    file.get_by_role("button", name="Show").click()
    expect(file.locator("pre")).to_contain_text("@@@ /\\ ~~~")
    file.get_by_role("button", name="Copy text").first.click()
    expect(page.locator(".toast")).to_have_text("Text copied")
    assert page.evaluate("navigator.clipboard.readText()") == "@@@ /\\ ~~~\n### \\/ ---\n"
    moving = page.get_by_role("img", name="moving.gif")
    assert is_loaded(moving)
    first = moving.screenshot()
    controls.wait_for(lambda: moving.screenshot() != first)
    calm = new_page(reduced_motion="reduce")
    expect(calm.locator(".still")).to_be_visible()
    calm.get_by_role("button", name="Play", exact=True).click()
    expect(calm.locator(".still")).to_be_hidden()
    calm.get_by_role("button", name="Stop").click()
    expect(calm.locator(".still")).to_be_visible()


def test_thinking_and_progress_in_one_message(page: Page, controls: Controls) -> None:
    used = controls.slash("show", {"kind": "steps"})
    answer = page.locator(".message", has_text="glyphcord").first
    expect(answer).to_contain_text("glyphcord is thinking…")
    for words in ("1 of 2", "2 of 2"):
        controls.slash("show", {"kind": "step"}, user=ADA_ID)
        expect(answer).to_contain_text(words)
        expect(answer).not_to_contain_text("thinking")
    assert page.locator(".message").count() == 1  # what Ada is told is for Ada
    assert controls.answer_to(used) is not None


def test_what_nobody_answers(page: Page, controls: Controls) -> None:
    controls.slash("show", {"kind": "nothing"})
    controls.advance(4)
    note = page.locator(".message.ephemeral")
    expect(note).to_contain_text("The application did not respond")
    note.get_by_role("button", name="Dismiss message").click()
    expect(note).to_have_count(0)


def test_a_poll_is_voted_in_pinned_and_closed(page: Page, controls: Controls) -> None:
    answers = [{"poll_media": {"text": "Pink", "emoji": {"name": "🩷"}}}, {"poll_media": {"text": "Blue"}}]
    poll = {"question": {"text": "Which palette?"}, "answers": answers, "duration": 1}
    controls.request("POST", "/playground/message", {"user_id": ADA_ID, "poll": poll})
    asked = controls.messages()[-1]["id"]
    controls.request("POST", "/playground/vote", {"message_id": asked, "user_id": ADA_ID, "answer_ids": [2]})
    shown = page.get_by_role("region", name="Poll: Which palette?")
    shown.get_by_role("button", name="Blue").click()
    expect(shown).to_contain_text("2 · 100 %")
    shown.get_by_role("button", name="Pink").click()  # one answer each
    expect(shown.get_by_role("button", name="Pink")).to_have_attribute("aria-pressed", "true")
    expect(shown.get_by_role("button", name="Blue")).to_contain_text("1 · 50 %")
    page.locator("#actor").select_option(label="Ada · Admin")
    page.locator(f"#m{asked}").click(button="right", position={"x": 200, "y": 12})
    page.get_by_role("menuitem", name="Pin message").click()
    expect(page.locator(".message.system")).to_contain_text("Ada pinned a message")
    expect(page.locator(f"#m{asked} .head")).to_contain_text("pinned")
    controls.advance(3601)
    expect(shown.get_by_role("button", name="Pink")).to_be_disabled()
    expect(page.locator(".message.system").last).to_contain_text("Which palette? has closed: no winner")
