"""Which links and emojis a message's text has, and which of them spoiler bars hide."""

import pytest

from bot.render.markdown import Emoji, Mark, marks

A, B = "https://a.example/cat?x=1", "https://b.example/dog"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"see {A} and {B}.", [(A, False), (B, False)]),
        (f"||{A}||", [(A, True)]),
        (f"|| look: {A} || {B}", [(A, True), (B, False)]),
        (f"||two\nlines {A}||", [(A, True)]),
        (f"||{A}|| {B} ||end||", [(A, True), (B, False)]),
        (f"|| {A}", [(A, False)]),
        (f"\\||{A} ||", [(A, False)]),
        (f"\\|\\|{A} ||{B}||", [(A, False), (B, True)]),
        (f"`||` {A} `||`", [(A, False)]),
        (f"``` || ``` {A} ||{B}||", [(A, False), (B, True)]),
        (f"`||{A}||`", []),
        (f"```\n||{A}||\n```", []),
        (f"`` ` ||{A} `` {B}", [(B, False)]),
        (f"` ||{A}||", [(A, True)]),
        (f"<{A}> [here]({B}) **{A}**", [(A, False), (B, False), (A, False)]),
        (f"({A})", [(A, False)]),
        ("https://a.example/a_(b)", [("https://a.example/a_(b)", False)]),
        ("http://", []),
    ],
)
def test_links(text: str, found: list[tuple[str, bool]]) -> None:
    assert [(mark.what, mark.spoiler) for mark in marks(text) if mark.what] == found


def test_emojis() -> None:
    still, moving = Emoji(12, "cat", animated=False), Emoji(34, "a_b", animated=True)
    assert list(marks("<:cat:12> ||<a:a_b:34>||")) == [Mark(still, False), Mark(moving, True)]
    for text in ("`<:cat:12>`", "<:c:12>", "<b:cat:12>", "<:cat:>", "\\<:cat:12>", "<@12>", ":cat:"):
        assert not list(marks(text)), text


@pytest.mark.parametrize(
    "text", ["`" * 4000, "|" * 4000, "||" + "\\" * 4000, "` `` " * 800, "|| ` " * 800, "<a:" * 1300]
)
def test_no_text_keeps_it_busy(text: str) -> None:
    assert not list(marks(text))
