"""Writing, uploading and using commands."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, Route, expect

from playground.page.gallery import FOLDER, SAMPLES
from playground.testing import Controls
from tests.playground.browser.actions import LEMUR, composer, drop, is_loaded, last


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


def test_a_suggestion_may_stand_for_0(page: Page) -> None:
    composer(page).fill("/floor")
    composer(page).press("Enter")
    field = page.get_by_role("combobox", name="number")
    field.press_sequentially("g")
    page.get_by_role("option", name="Ground floor").click()
    expect(field).to_have_value("Ground floor")
    field.press("Enter")
    expect(last(page)).to_contain_text("on floor 0")


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


def test_what_is_half_written_in_any_channel_outlives_being_loaded_again_and_again(page: Page) -> None:
    general = page.locator("#channels").get_by_role("button", name="general")
    composer(page).fill("first")
    general.click()
    composer(page).fill("second")
    for _ in range(2):
        page.reload()
        expect(composer(page)).to_have_value("first")  # the page opens with #ascii
    general.click()
    expect(composer(page)).to_have_value("second")
    composer(page).fill("")
    page.reload()
    general.click()
    expect(page.locator("#topic")).to_contain_text("Everything else")
    expect(composer(page)).to_have_value("")


def test_a_reply_stays_in_its_channel(page: Page, controls: Controls) -> None:
    controls.message("the question")
    last(page).click(button="right", position={"x": 200, "y": 12})
    page.get_by_role("menuitem", name="Reply").click()
    expect(page.locator(".replying")).to_contain_text("the question")
    page.get_by_role("button", name="general").click()
    expect(page.locator(".replying")).to_have_count(0)
    composer(page).fill("elsewhere")
    composer(page).press("Enter")
    expect(last(page)).to_contain_text("elsewhere")
    page.get_by_role("button", name="ascii").click()
    expect(page.locator(".replying")).to_contain_text("the question")
    composer(page).fill("the answer")
    composer(page).press("Enter")
    expect(last(page).locator(".above")).to_contain_text("the question")


def test_a_message_on_its_way_is_sent_once_and_what_is_written_meanwhile_stays(
    page: Page, controls: Controls
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/playground/message", hold)
    composer(page).fill("once")
    with page.expect_request("**/playground/message"):
        composer(page).press("Enter")
    composer(page).press("Enter")
    composer(page).press_sequentially(", and more")
    composer(page).press("Enter")
    page.get_by_role("button", name="Sample pictures").click()  # which draws the box anew
    composer(page).press("Enter")
    for route in held:
        route.continue_()
    expect(last(page)).to_contain_text("once")
    expect(composer(page)).to_have_value(", and more")
    assert [message["content"] for message in controls.messages()] == ["once"]
    with page.expect_request("**/playground/message"):
        composer(page).press("Enter")
    composer(page).fill("/town")
    composer(page).press("Enter")
    field = page.get_by_role("combobox", name="name")
    field.fill("Bre")
    held[-1].continue_()
    expect(last(page)).to_contain_text(", and more")
    expect(field).to_have_value("Bre")
    page.get_by_role("button", name="Leave the command").click()
    expect(composer(page)).to_have_value("")


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


def test_a_new_message_leaves_what_one_is_doing_to_another(page: Page, controls: Controls) -> None:
    composer(page).fill("keep this selected")
    composer(page).press("Enter")
    mine = page.locator(".message", has_text="keep this selected")
    expect(composer(page)).to_have_value("")  # sent; the box has the focus again, which ends a selection
    mine.locator(".text").evaluate("one => getSelection().selectAllChildren(one)")
    controls.message("something else")
    expect(last(page)).to_contain_text("something else")
    assert page.evaluate("getSelection().toString()").strip() == "keep this selected"
    mine.hover()
    mine.get_by_role("button", name="More").hover()
    page.mouse.down()
    controls.message("and one more")
    expect(last(page)).to_contain_text("and one more")
    page.mouse.up()
    expect(page.get_by_role("menuitem", name="Reply")).to_be_visible()


def test_who_may_do_what(page: Page) -> None:
    composer(page).fill("/")
    expect(page.get_by_role("option", name="/draw")).to_be_visible()
    expect(page.get_by_role("option", name="/admin")).to_have_count(0)
    page.locator("#actor").select_option(label="Ada · Admin")
    composer(page).fill("/admin")
    composer(page).press("Enter")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.ephemeral")).to_contain_text("done")


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


def test_what_is_typed_while_the_page_loads_stays(page: Page) -> None:
    def slowly(route: Route) -> None:
        time.sleep(0.5)  # as a slow machine, or a distant one
        route.continue_()

    page.route(re.compile("/playground/(state|samples)$"), slowly)
    page.goto(page.url, wait_until="commit")
    composer(page).fill("early")  # as soon as there is a box
    expect(page.locator("#status")).to_have_text("Bot online")
    expect(page.locator(".sample").first).to_be_attached()
    expect(composer(page)).to_have_value("early")
    composer(page).press("Enter")
    expect(last(page)).to_contain_text("early")


def test_a_long_channel_is_drawn_in_parts(page: Page, controls: Controls) -> None:
    for number in range(203):
        controls.message(f"number {number}")
    expect(last(page)).to_have_text(re.compile("number 202"))
    expect(page.locator(".message")).to_have_count(200)
    page.locator("#messages").evaluate("list => { list.scrollTop = 0; }")
    earlier = page.get_by_role("button", name="Show earlier messages")
    earlier.click()
    expect(page.locator(".message")).to_have_count(203)
    expect(earlier).to_have_count(0)
    controls.message("while one reads further up")
    expect(page.locator(".message")).to_have_count(204)
    page.get_by_role("button", name="Jump to the newest").click()
    expect(last(page)).to_be_in_viewport()
