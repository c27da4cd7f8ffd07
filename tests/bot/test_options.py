"""What is made of what people type: palettes, formats, sizes, and what a repetition keeps."""

import pytest

from bot.render.options import EXAMPLE, OptionOverrides, named_palette, settle, suggest_palettes
from jobs.text.choices import AUTO, FOCUSES, PALETTES, RenderOptions, focus_name
from jobs.text.sentences import PictureProblem, ServiceProblem


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
        ("Red", "#ff0000"),
        ("dark red to blue", "#8b0000-#0000ff"),
        ("grün", "green"),
    ],
)
def test_a_palette_has_one_spelling(typed: str, name: str) -> None:
    assert OptionOverrides(palette=typed).check().palette == named_palette(typed) == name


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


@pytest.mark.parametrize(("typed", "first"), [("re", "red (#ff0000)"), ("tomato", "tomato (#ff6347)")])
def test_colours_are_suggested_by_their_names(typed: str, first: str) -> None:
    assert first in [label for label, _ in suggest_palettes(typed)]


@pytest.mark.parametrize(("typed", "value"), [("pnik", "pink"), ("purpel", "#800080"), ("gruen", "green")])
def test_a_name_that_is_none_is_answered_with_the_nearest(typed: str, value: str) -> None:
    assert suggest_palettes(typed)[0][1] == value
    with pytest.raises(PictureProblem) as problem:
        named_palette(typed)
    assert problem.value.code == "bad_palette_near"
    assert named_palette(str(problem.value.facts["near"])) == value


def test_nothing_said_leaves_columns_paper_and_focus_to_the_worker() -> None:
    open_ = settle(OptionOverrides())
    assert (open_.columns, open_.background, open_.focus) == (None, "auto", None)


def test_text_for_a_message_is_as_wide_as_fits_unless_more_is_asked_for() -> None:
    picture = RenderOptions(columns=90)
    for defaults in (None, picture):
        phone = settle(OptionOverrides(format="phone"), defaults)
        assert (phone.format, phone.columns) == ("phone", None)
        assert settle(OptionOverrides(format="text"), defaults).format == "text"
        assert settle(OptionOverrides(format="text"), defaults).columns is None
    assert settle(OptionOverrides(format="text", columns=30)).columns == 30
    wide = settle(OptionOverrides(format="text", columns=120))
    assert (wide.format, wide.columns) == ("file", 120)


def test_text_for_a_message_takes_no_paper_from_a_picture() -> None:
    light = RenderOptions(background="light")
    assert (
        settle(OptionOverrides(format="text"), light).background
        == settle(OptionOverrides(format="phone"), light).background
        == "auto"
    )
    assert settle(OptionOverrides(format="text", background="light")).background == "light"
    assert settle(OptionOverrides(format="text", columns=120), light).background == "light", "a file"
    again = RenderOptions(format="phone", background="light")
    assert (
        settle(OptionOverrides(format="text"), again).background
        == settle(OptionOverrides(), again).background
        == "light"
    )


def test_what_is_not_said_stays_as_it_was() -> None:
    before = RenderOptions(palette="green", columns=90, background="dark", focus=0.75, format="svg")
    assert settle(OptionOverrides(), before) == before
    after = settle(OptionOverrides(palette="pink", animate=False), before)
    assert (after.palette, after.animate) == ("pink", False)
    assert (after.columns, after.background, after.focus) == (90, "dark", 0.75)
    assert after.format == "svg"


def test_auto_is_something_to_say() -> None:
    before = RenderOptions(columns=90, background="dark", focus=0.75)
    after = settle(OptionOverrides(columns=AUTO, background="auto", focus="auto").check(), before)
    assert (after.columns, after.background, after.focus) == (None, "auto", None)


def test_every_focus_has_a_name_and_others_the_nearest() -> None:
    assert [settle(OptionOverrides(focus=name)).focus for name in FOCUSES] == [None, 0.0, 0.25, 0.5, 0.75, 1.0]
    assert [focus_name(focus.amount) for focus in FOCUSES.values()] == list(FOCUSES)
    assert [focus_name(amount) for amount in (0.1, 0.2, 0.9)] == ["0", "0.25", "1"]
    assert settle(OptionOverrides(focus="blurred"), RenderOptions(focus=0.5)).focus == 0.5


def test_an_unknown_format_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(ServiceProblem, match="picture, text"):
        OptionOverrides(format="poem").check()
