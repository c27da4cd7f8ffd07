"""What the page must show as Discord's clients do, or a bot looks better here than there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bot.settings import BotSettings
from playground.page.static_files import FOLDER
from playground.state.permissions import MANAGE_WEBHOOKS
from playground.state.seed import ASCII_CHANNEL, BOT_ROLE
from playground.testing import Controls, PlaygroundProcess
from tests.playground.browser.actions import LEMUR, NewPage, composer, is_loaded, last
from tests.playground.pictures import picture

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LINES = "\n".join(["#" * 34, "#" * 60, "#" * 34])


@pytest.mark.parametrize("how", [{"viewport": {"width": 1920, "height": 1200}}, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("size", [(1600, 400), (400, 1600), (800, 528), (60, 40)])
def test_a_picture_is_shown_in_a_box_of_550_by_350(
    new_page: NewPage, controls: Controls, how: dict[str, Any], size: tuple[int, int]
) -> None:
    controls.message(files={"f": ("big.png", picture("PNG", size), "image/png")})
    page = new_page(**how)
    shown = page.locator(".picture img")
    assert is_loaded(shown)
    box = shown.bounding_box()
    assert box is not None
    room = page.locator(".body").evaluate("node => node.clientWidth")
    scale = min(1, 550 / size[0], 350 / size[1], room / size[0])
    assert (box["width"], box["height"]) == pytest.approx((size[0] * scale, size[1] * scale), abs=1.5)


def test_code_wraps_and_a_phone_has_no_smaller_letters(new_page: NewPage, page: Page, controls: Controls) -> None:
    controls.message(f"```\n{LINES}\n```")
    for view, lines in ((page, 3), (new_page(**PHONE), 4)):  # 34 characters fit an upright phone, 60 do not
        code = view.locator("pre code")
        assert code.evaluate("node => getComputedStyle(node).fontSize") == "14px"
        assert code.evaluate("node => node.getBoundingClientRect().height") == pytest.approx(lines * 18, abs=4)
        assert view.locator("pre").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_a_word_file_is_a_file(page: Page, controls: Controls) -> None:
    controls.message(files={"f": ("page.docx", b"PK\x03\x04" + bytes(40), WORD)})
    card = last(page).locator(".file")
    expect(card).to_contain_text("page.docx")
    expect(card.get_by_role("link", name="Download page.docx")).to_be_visible()
    expect(card.get_by_role("button")).to_have_count(0)  # nothing to show or to copy as text
    composer(page).fill("/draw")
    composer(page).press("Enter")
    chosen = {"name": "page.docx", "mimeType": WORD, "buffer": b"PK"}
    page.locator("input[type=file][aria-label=image]").set_input_files(chosen)  # type: ignore[arg-type]
    expect(page.locator(".drop")).to_contain_text("page.docx")
    expect(page.locator(".drop .preview")).to_be_hidden()
    expect(page.locator(".drop .icon")).to_be_visible()


def test_every_heart_that_glyphcord_answers_can_be_clicked(page: Page, controls: Controls) -> None:
    hearts = BotSettings.model_fields["reaction_palettes"].default
    menu = (FOLDER / "menu.js").read_text(encoding="utf-8")
    assert [one for entry in hearts.split(",") if f'"{(one := entry.split("=")[0].strip())}"' not in menu] == []
    controls.message("look")
    last(page).hover()
    last(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="React with 💙").click()
    expect(last(page).locator(".pill")).to_have_attribute("title", "Mia reacted with 💙")


def test_a_person_has_a_language(page: Page, controls: Controls) -> None:
    page.get_by_label("Language").select_option(label="Deutsch")
    expect(page.locator("#language-code")).to_have_text("DE")
    composer(page).fill("/zei")
    page.get_by_role("option", name="/zeichne").click()
    page.locator("input[type=file][aria-label=image]").set_input_files(LEMUR)
    page.get_by_label("farben").select_option("Grün")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(last(page)).to_contain_text("Green picture of lemur.jpg")
    controls.wait_for_answer(controls.slash("show", {"kind": "language"}))
    expect(last(page)).to_contain_text("in de")
    page.locator("#actor").select_option(label="Sam · Member")
    expect(page.locator("#language-code")).to_have_text("EN")  # each person has their own
    page.locator("#actor").select_option(label="Mia · Member")
    page.get_by_label("Language").select_option("en-US")
    expect(page.locator("#language-code")).to_have_text("EN")


@pytest.mark.parametrize("how", [{}, PHONE], ids=["desktop", "phone"])
def test_suggestions_cover_no_part_of_the_command(new_page: NewPage, how: dict[str, Any]) -> None:
    page = new_page(**how)
    composer(page).fill("/town")
    composer(page).press("Enter")
    page.get_by_role("combobox", name="name").press_sequentially("b")
    suggestions = page.locator(".fields-form .suggestions")
    expect(suggestions.get_by_role("option")).to_have_count(2)
    covered, command = suggestions.bounding_box(), page.locator(".commanding").bounding_box()
    assert covered is not None and command is not None
    assert covered["y"] >= 50 and covered["y"] + covered["height"] <= command["y"]


def test_a_webhook_writes_under_many_names(page: Page, controls: Controls, stack: PlaygroundProcess) -> None:
    api, bot = f"{stack.url}/api/v10", {"Authorization": f"Bot {stack.environment()['DISCORD_TOKEN']}"}
    roles = {role["id"]: role["permissions"] for role in controls.state()["roles"]}
    may = str(int(roles[BOT_ROLE]) | MANAGE_WEBHOOKS)
    controls.request("POST", "/playground/role", {"role_id": BOT_ROLE, "permissions": may})
    made = page.request.post(
        f"{api}/channels/{ASCII_CHANNEL}/webhooks", headers=bot, data={"name": "Herald"}
    ).json()
    for name in ("Herald", "Herald", "Crier", "Herald"):
        assert page.request.post(made["url"], data={"content": "hear, hear", "username": name}).status == 204
    expect(page.locator(".message")).to_have_count(4)
    expect(page.locator(".message .name")).to_have_text(["Herald", "Crier", "Herald"])
