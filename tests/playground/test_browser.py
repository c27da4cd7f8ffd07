"""The page in a real browser (Debian's Chromium), with a real discord.py bot behind it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Route, expect, sync_playwright

from playground.page.gallery import FOLDER, SAMPLES
from playground.state.guild import ADA_ID, MIA_ID, MOD_ID
from playground.testing import Controls, PlaygroundProcess
from tests.playground.pictures import PNG_3X2

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("Chromium is missing: `apt-get install chromium`, or name it in CHROMIUM", allow_module_level=True)

expect.set_options(timeout=60_000)  # a machine that is busy with other tests is slow, not wrong
REPOSITORY = Path(__file__).parents[2]
LEMUR = FOLDER / "lemur.jpg"
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
HOSTILE = '"><img src=x onerror="window.harm=1"><script>window.harm=1</script>'
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def stack() -> Iterator[PlaygroundProcess]:
    with PlaygroundProcess() as playground:
        command = [sys.executable, "-m", "tests.playground.page_bot"]
        bot = subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, **playground.environment()})
        try:
            playground.controls.wait_for_bot(90)
            yield playground
        finally:
            bot.terminate()
            bot.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


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
        return page

    yield make
    for context in contexts:
        context.close()
    # A refused control is an answer, shown as a note; the browser logs its status all the same.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


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


def test_suggestions_come_from_the_bot(page: Page) -> None:
    composer(page).fill("/town")
    composer(page).press("Enter")
    expect(page.locator(".toast")).to_have_count(0)  # Enter chose the command, and sent nothing
    field = page.get_by_role("combobox", name="name")
    field.press_sequentially("b")
    expect(page.locator(".suggestions [role=option]")).to_have_count(2)
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("Bremen (town)")
    field.press("Enter")
    expect(last(page)).to_contain_text("off to Bremen")


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


def test_a_picture_is_dropped(page: Page) -> None:
    drop(page, LEMUR, "image/jpeg")
    expect(page.locator(".drop")).to_contain_text("lemur.jpg")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("Blue picture of lemur.jpg")


def test_many_files_make_one_message_and_none_replaces_the_page(page: Page) -> None:
    data = page.evaluate_handle(
        """() => {
            const data = new DataTransfer();
            for (const name of ["a.txt", "b.txt"]) data.items.add(new File([name], name, { type: "text/plain" }));
            return data;
        }"""
    )
    prevented = page.locator(".sidebar").evaluate(
        """(sidebar, data) => ["dragover", "drop"].map((name) =>
            !sidebar.dispatchEvent(
                new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true })))""",
        data,
    )
    assert prevented == [True, True]
    expect(page.locator(".chip")).to_have_count(2)
    composer(page).press("Enter")
    expect(last(page).locator(".file")).to_have_count(2)


def test_what_is_half_written_stays_and_so_does_the_focus(page: Page) -> None:
    page.locator("#topic").click()
    page.keyboard.type("not yet")  # typing goes to the box, wherever one is
    general = page.locator("#channels").get_by_role("button", name="general")
    general.press("Enter")
    expect(general).to_be_focused()
    expect(composer(page)).to_have_value("")
    page.locator("#channels").get_by_role("button", name="ascii").click()
    expect(composer(page)).to_have_value("not yet")
    page.get_by_role("button", name="Sample pictures").click()
    expect(composer(page)).to_have_value("not yet")
    expect(page.get_by_role("button", name="Sample pictures")).to_be_focused()


def test_a_page_in_the_background_hangs_up(page: Page, controls: Controls) -> None:
    """Six pages in front of one playground would otherwise use up the browser's connections to it."""
    show = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(show, True)
    controls.message("said meanwhile")
    page.evaluate(show, False)
    expect(last(page)).to_contain_text("said meanwhile")
    controls.message("said now")
    expect(last(page)).to_contain_text("said now")


def test_the_gallery_says_whose_its_pictures_are(page: Page) -> None:
    page.get_by_role("button", name="Licences").click()
    credits = page.get_by_role("dialog", name="Who made the sample pictures")
    for sample in SAMPLES:
        expect(credits).to_contain_text(f"{sample.author}, {sample.licence}")
    assert {sample.name for sample in SAMPLES} == {path.name for path in FOLDER.iterdir()} - {"CREDITS.md"}


def test_a_picture_is_pasted_and_one_taken_from_the_gallery(page: Page) -> None:
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["not a picture"], "pasted.png", { type: "image/png" }));
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )
    expect(page.locator(".drop")).to_contain_text("pasted.png")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Animation").click()
    expect(page.locator(".drop")).to_contain_text("planet.gif")
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("picture of planet.gif")
    page.get_by_role("button", name="Once more").click()
    expect(page.locator(".drop")).to_contain_text("planet.gif")


def test_messages_with_files_replies_and_the_menu(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(LEMUR)
    composer(page).fill("look at **this**")
    composer(page).press("Enter")
    posted = page.locator(".message", has_text="look at this")
    assert is_loaded(posted.locator(".picture img"))
    posted.click(button="right", position={"x": 200, "y": 12})
    page.get_by_role("menuitem", name="Draw this").click()
    drawn = page.locator(".message", has_text="from the menu")
    expect(drawn).to_contain_text("used")
    drawn.hover()
    drawn.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Reply").click()
    composer(page).fill("nice")
    composer(page).press("Enter")
    expect(last(page).locator(".above")).to_contain_text("from the menu")
    posted.click(button="right", position={"x": 200, "y": 12})
    page.get_by_role("menuitem", name="#general").click()
    page.get_by_role("button", name="general").click()
    expect(last(page).locator(".forwarded")).to_contain_text("look at this")
    last(page).click(button="right", position={"x": 200, "y": 12})
    page.get_by_role("menuitem", name="Delete message").click()
    expect(page.locator(".message")).to_have_count(0)


def test_who_may_do_what(page: Page) -> None:
    composer(page).fill("/")
    expect(page.get_by_role("option", name="/draw")).to_be_visible()
    expect(page.get_by_role("option", name="/admin")).to_have_count(0)
    page.locator("#actor").select_option(label="Ada · Admin")
    composer(page).fill("/admin")
    composer(page).press("Enter")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.ephemeral")).to_contain_text("done")


def test_before_and_after(page: Page) -> None:
    answer = use_draw(page)
    answer.get_by_role("button", name="Before / after").click()
    viewer = page.locator("#viewer")
    expect(viewer.locator("#viewer-before")).to_have_attribute("alt", "The photo: lemur.jpg")
    assert is_loaded(viewer.locator("#viewer-before"))
    slider = viewer.get_by_role("slider")
    before = slider.evaluate("node => document.getElementById('viewer-before').style.clipPath")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert (before, slider.evaluate("node => document.getElementById('viewer-before').style.clipPath")) == (
        "inset(0px 50% 0px 0px)",
        "inset(0px 40% 0px 0px)",
    )
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
    calm.get_by_role("button", name="Play").click()
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


def test_the_inspector(page: Page, controls: Controls) -> None:
    page.get_by_role("button", name="Inspector").click()
    panel = page.get_by_role("complementary", name="Inspector")
    offer = [{"id": "kill", "label": "Kill a worker"}]
    assert controls.facts([{"title": "Queue", "lines": [["waiting", "3"]]}], offer) == []
    expect(panel.locator(".facts")).to_contain_text("waiting")
    panel.get_by_role("button", name="Kill a worker").click()
    controls.wait_for(lambda: controls.facts([], offer) == ["kill"])
    expect(panel.locator(".facts")).not_to_contain_text("waiting")
    expect(panel.get_by_role("button", name="Kill a worker")).to_be_focused()  # drawn anew meanwhile
    limit = panel.get_by_role("switch", name="Rate limit")
    limit.click()
    expect(limit).to_have_attribute("aria-checked", "true")
    used = controls.slash("show", {"kind": "patience"})
    expect(panel.locator(".line-status.slow").first).to_have_text("429")
    assert controls.answer_to(used) is None
    limit.click()
    expect(limit).to_have_attribute("aria-checked", "false")
    controls.wait_for(lambda: not controls.faults())
    line = panel.locator("li", has_text="INTERACTION_CREATE").first
    line.locator("summary").click()
    expect(line.locator("pre")).to_contain_text('"name": "show"')
    tokens = re.findall(r'"token": "([^"]*)"', panel.inner_text())
    assert tokens and set(tokens) == {"…"}
    panel.get_by_role("button", name="Expire tokens").click()
    expect(panel).to_contain_text("15 min ahead")


def test_on_a_phone(new_page: NewPage) -> None:
    page = new_page(**PHONE)
    page.get_by_role("button", name="Animal").tap()
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


def test_hostile_words_stay_words(page: Page, controls: Controls, stack: PlaygroundProcess) -> None:
    """Names, markdown and file names that would like to be markup."""
    name = f"{HOSTILE}.png"
    words = [
        HOSTILE,
        f"**{HOSTILE}** `{HOSTILE}` ||{HOSTILE}||",
        f"```ansi\n\x1b[31m{HOSTILE}\x1b[0m\n```",
        "[click](javascript:window.harm=1) <javascript:window.harm=1>",
        f"<@{MIA_ID}> <:{HOSTILE}:1> <t:99999999999999>",
        "# " + HOSTILE,
        "*" * 1000,
        "> " * 900,
        "\u202e" + HOSTILE,
    ]
    for text in words:
        controls.message(text, files={"f": (name, PNG_3X2, "text/html")})
    controls.message("page", files={"f": ("a.html", HOSTILE.encode(), "text/html")})
    controls.message("drawing", files={"f": ("a.svg", f"<svg>{HOSTILE}</svg>".encode(), "image/svg+xml")})
    controls.message(files={"sticker": (name, PNG_3X2, "image/png")})
    embed: dict[str, Any] = {
        "title": HOSTILE,
        "url": "javascript:window.harm=1",
        "description": HOSTILE,
        "author": {"name": HOSTILE},
    }
    embed.update(fields=[{"name": HOSTILE, "value": HOSTILE}], footer={"text": HOSTILE})
    controls.message("embedded", embeds=[embed, {"type": "image", "image": {"url": "http://example.org/x.png"}}])
    declared = {"image": {"filename": name, "content_type": HOSTILE}}
    controls.wait_for_answer(controls.slash("draw", files={"image": LEMUR}, declare=declared))
    controls.facts(
        [{"title": HOSTILE, "lines": [[HOSTILE, HOSTILE]]}], [{"id": "x", "label": HOSTILE, "hint": HOSTILE}]
    )
    page.get_by_role("button", name="Inspector").click()
    expect(page.locator(".facts h3")).to_have_text(HOSTILE)
    expect(page.locator(".message", has_text=f"Blue picture of {name}")).to_be_visible()
    for summary in page.locator(".log summary:visible").all()[:12]:
        summary.click()
    files = page.locator(".file", has_text="a.html")
    files.get_by_role("button", name="Show").click()
    expect(files.locator("pre")).to_have_text(HOSTILE)
    assert page.evaluate("window.harm") is None
    assert page.locator("main script, main [onerror], aside script, aside [onerror], img[src=x]").count() == 0
    assert page.locator("a[href^='javascript' i]").count() == 0
    # An uploaded page that is opened by itself is not shown, and could not act.
    for file in ("a.html", "a.svg"):
        url = stack.url + str(page.locator(".file", has_text=file).locator("a").first.get_attribute("href"))
        answer = page.request.get(url)
        assert answer.headers["content-disposition"] == "attachment"
        assert "sandbox" in answer.headers["content-security-policy"]


def test_direct_messages(page: Page) -> None:
    page.locator("#directs").get_by_role("button", name="Sam").click()
    composer(page).fill("only for you")
    composer(page).press("Enter")
    expect(last(page)).to_contain_text("only for you")
    page.locator("#actor").select_option(label="Mod · Moderator")
    expect(page.locator("#channel-name")).to_have_text("#ascii")
    page.locator("#actor").select_option(label="Sam · Member")
    page.locator("#directs").get_by_role("button", name="Mia").click()
    expect(last(page)).to_contain_text("only for you")


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


def test_what_is_typed_while_the_page_loads_stays(page: Page) -> None:
    def slowly(route: Route) -> None:
        time.sleep(1)
        route.continue_()

    page.route(re.compile("/playground/(state|samples)$"), slowly)
    page.goto(page.url, wait_until="commit")
    composer(page).fill("early")  # as soon as there is a box
    page.wait_for_timeout(2500)
    expect(composer(page)).to_have_value("early")
    composer(page).press("Enter")
    expect(last(page)).to_contain_text("early")


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
            composer(page).fill(
                "by myself"
            )  # the page, its state, its events and its controls all know the password
            composer(page).press("Enter")
            expect(last(page)).to_contain_text("by myself")
            context.close()
            with pytest.raises(Error, match="INVALID_AUTH_CREDENTIALS"):
                browser.new_page().goto(url)
        finally:
            process.terminate()
