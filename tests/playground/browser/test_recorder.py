"""A session that is recorded on the page and saved as a test."""

from __future__ import annotations

import zipfile

from playwright.sync_api import Page, expect

from tests.playground.browser.actions import last, use_draw


def test_a_session_is_saved_as_a_test(page: Page) -> None:
    page.get_by_role("button", name="Inspector").click()
    panel = page.get_by_role("complementary", name="Inspector")
    panel.get_by_text("Record a test").click()
    panel.get_by_label("Name of the test").fill("drawing")
    panel.get_by_role("button", name="Record", exact=True).click()
    expect(panel.locator(".recording-now")).to_be_visible()
    use_draw(page).get_by_role("button", name="Again").click()
    expect(last(page)).to_contain_text("pressed again")
    expect(panel.locator(".recorded li")).to_have_text(["/draw", "a click on Again"])
    with page.expect_download() as download:
        panel.get_by_role("button", name="Save as test").click()
    expect(panel.locator(".recording-now")).to_have_count(0)
    assert download.value.suggested_filename == "test_drawing.zip"  # the photo is in it
    with zipfile.ZipFile(download.value.path()) as saved:
        source = saved.read("test_drawing.py").decode()
        assert len(saved.namelist()) == 2
    compile(source, "test_drawing.py", "exec")
    assert "def test_drawing(playground" in source and "pressed again" in source
    panel.get_by_role("button", name="Discard").click()
    expect(panel.locator(".recorded")).to_have_count(0)
