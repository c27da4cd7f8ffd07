"""The server's settings: what is clicked there takes effect at once, for people and for the bot."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from playground.state.seed import ADA_ID, BOT_ROLE, EVERYONE_ROLE, GENERAL_CHANNEL, MIA_ID, MODERATOR_ROLE
from playground.testing import Controls, PlaygroundProcess
from playground.testing.client import Refused
from tests.playground.browser.actions import composer


def of(controls: Controls, kind: str, id: str) -> Any:
    return next(one for one in controls.state()[kind] if one["id"] == id)


def test_permissions_are_clicked(page: Page, controls: Controls) -> None:
    page.get_by_role("button", name="Inspector").click()
    page.locator("#server-settings").click()
    settings = page.get_by_role("dialog", name="Settings")
    settings.get_by_role("button", name="Moderator").click()
    expect(settings.get_by_role("heading", name="Moderator")).to_be_visible()
    settings.get_by_label("Search permissions").fill("manage")
    expect(settings.get_by_role("switch")).to_have_count(9)
    manage = settings.get_by_role("switch", name="Manage Channels")
    manage.press("Enter")
    expect(manage).to_have_attribute("aria-checked", "true")
    expect(manage).to_be_focused()  # drawn anew meanwhile
    assert int(of(controls, "roles", MODERATOR_ROLE)["permissions"]) & 1 << 4
    manage.press("Enter")
    expect(manage).to_have_attribute("aria-checked", "false")

    # Nobody may write in #general any more, and then not even look.
    settings.get_by_role("button", name="Channels").click()
    settings.get_by_role("button", name="general").click()
    settings.get_by_label("Search permissions").fill("")
    for permission in ("Send Messages", "View Channels"):
        row = settings.get_by_role("group", name=permission, exact=True)
        row.get_by_role("button", name="Deny").click()
        expect(row.get_by_role("button", name="Deny")).to_have_attribute("aria-pressed", "true")
    overwrite = {"id": EVERYONE_ROLE, "type": 0, "allow": "0", "deny": str(1 << 10 | 1 << 11)}
    assert of(controls, "channels", GENERAL_CHANNEL)["permission_overwrites"] == [overwrite]
    page.keyboard.press("Escape")
    expect(page.locator("#channels")).not_to_contain_text("general")
    expect(page.locator(".line-path", has_text="CHANNEL_UPDATE")).to_have_count(2)
    page.locator("#actor").select_option(label="Ada · Admin")
    expect(page.locator("#channels")).to_contain_text("general")

    # With a role whose holders may, Mia is back.
    page.locator("#actor").select_option(label="Mia · Member")
    page.locator("#server-settings").click()
    settings.get_by_role("button", name="Channels").click()
    settings.get_by_label("Role or person").select_option(label="Moderator")
    settings.get_by_role("group", name="View Channels").get_by_role("button", name="Allow").click()
    settings.get_by_role("button", name="Members").click()
    settings.get_by_label("Give Mia a role").select_option("Moderator")
    expect(settings.get_by_role("button", name="Take Moderator from Mia")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#channels").get_by_role("button", name="general").click()
    expect(page.locator(".forbidden")).to_contain_text("do not have permission to send messages")
    page.locator("#server-settings").click()
    settings.get_by_role("button", name="Members").click()
    settings.get_by_role("button", name="Take Moderator from Mia").click()
    expect(settings.get_by_role("button", name="Take Moderator from Mia")).to_have_count(0)
    assert of(controls, "users", MIA_ID)["roles"] == []
    for whose in (EVERYONE_ROLE, MODERATOR_ROLE):
        nothing = {"channel_id": GENERAL_CHANNEL, "id": whose, "allow": "0", "deny": "0"}
        controls.request("POST", "/playground/overwrite", nothing)
    page.keyboard.press("Escape")
    page.locator("#channels").get_by_role("button", name="general").click()
    expect(composer(page)).to_be_visible()


def test_what_the_settings_control_refuses(controls: Controls) -> None:
    for path, body in (
        ("/role", {"role_id": "1", "permissions": "0"}),
        ("/role", {"role_id": BOT_ROLE, "permissions": 1024}),
        ("/overwrite", {"channel_id": GENERAL_CHANNEL, "id": BOT_ROLE, "allow": "1", "deny": "1"}),
        ("/member", {"user_id": MIA_ID, "role_id": BOT_ROLE}),
    ):
        try:
            controls.request("POST", f"/playground{path}", body)
        except Refused as refusal:
            assert "one of" in str(refusal) or "bit set" in str(refusal) or "not both" in str(refusal)
        else:
            raise AssertionError(f"{path} took {body}")


def test_the_application_is_set_up(page: Page, stack: PlaygroundProcess, controls: Controls) -> None:
    page.get_by_role("button", name="Developer portal").click()
    settings = page.get_by_role("dialog", name="Settings")
    settings.get_by_role("button", name="Copy Token").click()
    expect(page.locator(".toast")).to_have_text("Token copied")
    assert page.evaluate("navigator.clipboard.readText()") == stack.token
    settings.get_by_role("button", name="Copy as environment").click()
    expect(page.locator(".toast", has_text="Environment copied")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    environment = dict(line.split("=", 1) for line in copied.split("\n"))
    assert environment.items() <= stack.environment().items()
    for wanted in (True, False):
        settings.get_by_role("switch", name="Message content intent").click()
        expect(settings.get_by_role("switch", checked=True)).to_have_count(int(wanted))
        assert controls.request("GET", "/playground/application")["intents"]["message_content"] is wanted


def test_long_names_push_nothing_out_of_the_window(page: Page, controls: Controls) -> None:
    long = "Whoever has a name as long as this one " * 2
    joined = controls.request("POST", "/playground/join", {"username": "long", "global_name": long})["user"]["id"]
    thread = controls.request("POST", "/playground/thread", {"name": long})["thread_id"]
    page.locator("#actor").select_option(joined)
    page.locator("#channels").get_by_role("button", name=long.strip()).click()
    expect(page.locator("#channel-name")).to_have_text(long.strip())
    expect(page.locator("#inspector-button")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#settings-button").click()
    page.get_by_role("dialog", name="Settings").get_by_role("button", name="Channels").click()
    expect(page.get_by_label("Role or person")).to_be_in_viewport(ratio=1)
    controls.request("DELETE", "/playground/thread", {"thread_id": thread, "user_id": ADA_ID})
    controls.request("POST", "/playground/leave", {"user_id": joined})
