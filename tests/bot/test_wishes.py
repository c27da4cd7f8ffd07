"""What is made of what people type: palettes, formats, sizes, and what a repetition keeps."""

import pytest

from bot.render.options import (
    EXAMPLE,
    Options,
    Wish,
    format_of,
    named_palette,
    options_of,
    settle,
    suggest_palettes,
)
from jobs.text.choices import AUTO, FOCUSES, FORMATS, PALETTES, focus_name
from jobs.text.sentences import PictureProblem, ServiceProblem
from tests.jobs.requests import a_request


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("pink", "pink"),
        (" Pink ", "pink"),
        ("Amber (old monitor)", "amber"),
        ("#0000FF-#FF69B4", "#0000ff-#ff69b4"),
        ("0000ff ff69b4", "#0000ff-#ff69b4"),
        ("#0000ff, #ff69b4", "#0000ff-#ff69b4"),
        ("#00f", "#0000ff"),
    ],
)
def test_a_palette_has_one_spelling(typed: str, name: str) -> None:
    assert Wish(palette=typed).check().palette == named_palette(typed) == name


@pytest.mark.parametrize("typed", ["", "plaid", "#ff-#00", "#0000ff-#ff69b4-#000000", "@everyone"])
def test_a_wrong_palette_is_answered_with_a_right_one_and_no_echo(typed: str) -> None:
    with pytest.raises(PictureProblem) as problem:
        named_palette(typed)
    assert problem.value.code == "bad_palette" and EXAMPLE in str(problem.value)
    assert "@everyone" not in str(problem.value)


def test_suggestions_are_palettes_that_can_be_drawn() -> None:
    for typed in ("", "p", "#", "#00ff00", "plaid", "#00ff00-#0000ff"):
        offered = suggest_palettes(typed)
        assert 0 < len(offered) <= 25
        for label, value in offered:
            assert named_palette(value) == value and len(label) <= 100
    assert [value for _, value in suggest_palettes("")][: len(PALETTES)] == list(PALETTES)


def test_nothing_said_leaves_columns_paper_and_focus_to_the_worker() -> None:
    open_ = settle(Wish())
    assert (open_.columns, open_.background, open_.focus) == (None, "auto", None)


def test_text_for_a_message_is_as_wide_as_fits_unless_more_is_asked_for() -> None:
    picture = Options(columns=90)
    for defaults in (None, picture):
        phone = settle(Wish(format="phone"), defaults)
        assert (phone.form, phone.preset, phone.columns) == ("text", "phone", None)
        assert settle(Wish(format="text"), defaults).preset == "desktop"
        assert settle(Wish(format="text"), defaults).columns is None
    assert settle(Wish(format="text", columns=30)).columns == 30
    wide = settle(Wish(format="text", columns=120))
    assert (wide.form, wide.preset, wide.columns) == ("text", "file", 120)


def test_text_for_a_message_takes_no_paper_from_a_picture() -> None:
    light = Options(background="light")
    assert settle(Wish(format="text"), light).background == settle(Wish(format="phone"), light).background == "auto"
    assert settle(Wish(format="text", background="light")).background == "light"
    assert settle(Wish(format="text", columns=120), light).background == "light", "a file"
    again = Options(form="text", preset="phone", background="light")
    assert settle(Wish(format="text"), again).background == settle(Wish(), again).background == "light"


def test_what_is_not_said_stays_as_it_was() -> None:
    before = Options(
        palette="green", columns=90, background="dark", focus=0.75, form="svg", spoiler=True, private=True
    )
    assert settle(Wish(), before) == before
    after = settle(Wish(palette="pink", private=False, animate=False), before)
    assert (after.palette, after.private, after.animate) == ("pink", False, False)
    assert (after.columns, after.background, after.focus) == (90, "dark", 0.75)
    assert (after.form, after.spoiler) == ("svg", True)


def test_auto_is_something_to_say() -> None:
    before = Options(columns=90, background="dark", focus=0.75)
    after = settle(Wish(columns=AUTO, background="auto", focus="auto").check(), before)
    assert (after.columns, after.background, after.focus) == (None, "auto", None)


def test_every_focus_has_a_name_and_others_the_nearest() -> None:
    assert [settle(Wish(focus=name)).focus for name in FOCUSES] == [None, 0.0, 0.25, 0.5, 0.75, 1.0]
    assert [focus_name(focus.amount) for focus in FOCUSES.values()] == list(FOCUSES)
    assert [focus_name(amount) for amount in (0.1, 0.2, 0.9)] == ["0", "0.25", "1"]
    assert settle(Wish(focus="blurred"), Options(focus=0.5)).focus == 0.5


def test_a_request_asks_for_the_same_again() -> None:
    request = a_request(
        palette="green", columns=90, background="dark", focus=0.5, form="text", preset="phone", spoiler=True
    )
    again = a_request(**options_of(request).fields())
    assert options_of(again) == options_of(request)


def test_every_format_has_a_name_and_every_other_is_refused() -> None:
    assert [format_of(found.form, found.preset) for found in FORMATS.values()] == list(FORMATS)
    with pytest.raises(ServiceProblem, match="picture, text"):
        Wish(format="poem").check()
