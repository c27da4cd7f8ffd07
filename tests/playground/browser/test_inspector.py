"""The inspector, a page in the background, and content that tries to be markup."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from playground.state.seed import MIA_ID
from playground.testing import Controls, PlaygroundProcess
from tests.playground.browser.actions import LEMUR, last
from tests.playground.pictures import PNG_3X2

HOSTILE = '"><img src=x onerror="window.harm=1"><script>window.harm=1</script>'


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
    used = controls.slash("draw", files={"image": LEMUR})
    expect(panel.locator(".line-status.slow").first).to_have_text("429")
    answer = controls.answer_to(used)
    assert answer is not None and answer["loading"]
    controls.advance(4)  # there is no rate limit for acknowledgements
    assert not controls.interaction(used["interaction_id"])["failed"]
    limit.click()
    expect(limit).to_have_attribute("aria-checked", "false")
    controls.wait_for(lambda: not controls.faults())
    assert controls.wait_for(lambda: (controls.answer_to(used) or {}).get("attachments"))
    line = panel.locator("li", has_text="INTERACTION_CREATE").first
    line.locator("summary").click()
    expect(line.locator("pre")).to_contain_text('"name": "draw"')
    tokens = re.findall(r'"token": "([^"]*)"', panel.inner_text())
    assert tokens and set(tokens) == {"…"}
    panel.get_by_role("button", name="Expire tokens").click()
    expect(panel).to_contain_text("15 min ahead")


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
        "url": "https://harm.example/",
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
    _put_into_state(page, {"https://harm.example/": "javascript:window.harm=1"})  # the inspector opens again
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


def test_an_address_that_is_none_stops_nobody(page: Page, controls: Controls) -> None:
    """Discord refuses such, and so does the playground: the page is given them behind its back."""
    good = {"https://one.example/": "https://", "https://two.example/": "http://exa mple.com"}
    for address in good:
        controls.message("embedded", embeds=[{"title": "t", "url": address, "image": {"url": address}}])
    controls.message(components=[{"type": 12, "items": [{"media": {"url": a}} for a in good]}])
    _put_into_state(page, good)
    expect(page.locator(".message .embed")).to_have_count(2)
    page.evaluate(
        """() => {
            window.reportError = (error) => { window.reported = error.message; };
            playgroundFeed.subscribe((name) => { if (name === "message") throw new Error("mine"); }, window);
            playgroundFeed.subscribe((name) => { window.heard ||= name === "message"; }, window);
        }"""
    )
    controls.message("said afterwards")
    expect(last(page)).to_contain_text("said afterwards")
    page.wait_for_function("window.heard")
    assert page.evaluate("window.reported") == "mine"


def _put_into_state(page: Page, changes: dict[str, str]) -> None:
    """Load the page again, with these words in the state in place of others."""

    def answer(route: Route) -> None:
        response = route.fetch()
        text = response.text()
        for word, other in changes.items():
            assert word in text
            text = text.replace(word, other)
        route.fulfill(response=response, body=text)

    page.route("**/playground/state", answer)
    page.reload()
