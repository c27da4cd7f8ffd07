"""What is made of what people type: palettes, formats, sizes, and what a repetition keeps."""

import pytest

from bot.wishes import EXAMPLE, Options, Wish, format_of, named_palette, options_of, settle, suggest_palettes
from jobs.options import FORMATS, PALETTES
from jobs.problems import PictureProblem, ServiceProblem
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


def test_text_for_a_message_is_as_wide_as_fits_unless_more_is_asked_for() -> None:
    phone = settle(Wish(format="phone"))
    assert (phone.form, phone.preset, phone.columns) == ("text", "phone", 40)
    assert (settle(Wish(format="text")).preset, settle(Wish(format="text")).columns) == ("desktop", 60)
    assert settle(Wish(format="text", columns=30)).columns == 30
    wide = settle(Wish(format="text", columns=120))
    assert (wide.form, wide.preset, wide.columns) == ("text", "file", 120)


def test_text_for_a_message_is_drawn_for_discords_dark_theme_unless_said_otherwise() -> None:
    assert settle(Wish(format="text")).background == settle(Wish(format="phone")).background == "dark"
    assert settle(Wish(format="text", background="light")).background == "light"
    assert settle(Wish(format="text", columns=120)).background == settle(Wish(format="file")).background == "light"
    again = Options(form="text", preset="phone", background="light")
    assert settle(Wish(format="text"), again).background == settle(Wish(), again).background == "light"


def test_what_is_left_open_stays_as_it_was() -> None:
    before = Options(palette="green", columns=90, background="dark", form="svg", spoiler=True, private=True)
    assert settle(Wish(), before) == before
    after = settle(Wish(palette="pink", private=False, animate=False), before)
    assert (after.palette, after.private, after.animate) == ("pink", False, False)
    assert (after.columns, after.background, after.form, after.spoiler) == (90, "dark", "svg", True)


def test_a_request_asks_for_the_same_again() -> None:
    request = a_request(palette="green", columns=90, background="dark", form="text", preset="phone", spoiler=True)
    again = a_request(**options_of(request).fields())
    assert options_of(again) == options_of(request)


def test_every_format_has_a_name_and_every_other_is_refused() -> None:
    assert [format_of(found.form, found.preset) for found in FORMATS.values()] == list(FORMATS)
    with pytest.raises(ServiceProblem, match="picture, text"):
        Wish(format="poem").check()
