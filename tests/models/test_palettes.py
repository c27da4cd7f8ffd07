"""Palettes: even gradients, readable ink on both papers, and clear words for bad names."""

import colorsys
import re

import numpy as np
import pytest
from hypothesis import example, settings
from hypothesis import given as given_any
from hypothesis import strategies as st
from PIL import ImageColor

from models.colour_names import NAMES, RGB, find_colour
from models.oklab import oklab_of
from models.palettes import (
    DARK_LIGHTNESS,
    DEFAULT_PALETTE,
    PALETTES,
    PAPER,
    READABLE_CONTRAST,
    Background,
    Palette,
    contrast,
    faded,
    find_palette,
    hsl_row_inks,
    readable_inks,
    row_inks,
)
from models.problems import PictureProblem

GRADIENTS = [palette for palette in PALETTES.values() if palette.top is not None]


def hue(ink: np.ndarray) -> float:
    return colorsys.rgb_to_hls(*(ink / 255))[0] * 360


def lab_of(inks: np.ndarray) -> np.ndarray:
    return oklab_of(inks.astype(np.float32) / np.float32(255))


def test_blue_goes_from_black_to_blue_and_is_no_other_colour() -> None:
    inks = row_inks(PALETTES["blue"], 5, "light")
    assert inks.tolist() == [[0, 0, 0], [0, 0, 34], [0, 0, 99], [0, 0, 174], [0, 0, 255]]
    assert (row_inks(PALETTES["blue"], 200, "light")[:, :2] == 0).all()
    assert DEFAULT_PALETTE == "photo"


def test_blue_goes_from_white_to_a_light_blue_on_dark_paper() -> None:
    inks = row_inks(PALETTES["blue"], 5, "dark").astype(int)
    assert inks[0].tolist() == [255, 255, 255]
    assert np.abs(inks[-1] - [118, 162, 255]).max() <= 1
    assert (np.diff(inks[:, :2], axis=0) < 0).all() and (inks[:, 2] == 255).all()
    assert (inks[1:, 0] < inks[1:, 1]).all() and (inks[1:, 1] < 255).all()


def test_pink_goes_from_blue_over_purple() -> None:
    inks = row_inks(PALETTES["pink"], 33, "light").astype(int)
    assert (inks[0].tolist(), inks[-1].tolist()) == ([0, 0, 255], [255, 45, 150])
    hues = [hue(ink) for ink in inks]
    assert np.diff(hues).min() > -1 and inks[:, 1].max() < 80
    on_dark = row_inks(PALETTES["pink"], 2, "dark").astype(int)
    assert np.abs(on_dark - [[118, 162, 255], [255, 102, 166]]).max() <= 1


@pytest.mark.parametrize("palette", GRADIENTS, ids=lambda palette: str(palette.name))
@pytest.mark.parametrize("background", ["light", "dark"])
def test_a_gradient_is_even(palette: Palette, background: Background) -> None:
    lab = lab_of(row_inks(palette, 17, background))
    steps = np.diff(lab, axis=0)
    assert np.abs(steps - steps.mean(0)).max() < 0.02  # bytes, and the odd colour that sRGB has not


@pytest.mark.parametrize("palette", GRADIENTS, ids=lambda palette: str(palette.name))
def test_ink_on_dark_paper_is_light_and_keeps_its_hue(palette: Palette) -> None:
    for step in (0, -1):
        light, dark = (lab_of(row_inks(palette, 2, paper))[step] for paper in ("light", "dark"))
        assert dark[0] == pytest.approx(max(light[0], 1 - light[0], DARK_LIGHTNESS), abs=0.005)
        if np.hypot(*light[1:]) > 0.01:
            assert np.arctan2(*dark[1:]) == pytest.approx(np.arctan2(*light[1:]), abs=0.03)


def test_the_reference_s_blue_goes_over_dark_green_and_teal() -> None:
    inks = hsl_row_inks(PALETTES["blue"], 33).astype(int)
    assert inks[0].tolist() == [0, 0, 0]
    assert inks[-1].tolist() == [0, 0, 255]
    assert hue(inks[16]) == pytest.approx(120, abs=2)
    assert inks[16].max() < 110
    assert hue(inks[24]) == pytest.approx(180, abs=2)


def test_the_reference_s_pink_goes_over_magenta() -> None:
    inks = hsl_row_inks(PALETTES["pink"], 33).astype(int)
    assert inks[0].tolist() == [0, 0, 255]
    hues = [hue(ink) for ink in inks]
    assert hues == sorted(hues)
    assert any(abs(h - 300) < 8 for h in hues)
    assert inks[-1].tolist() == [255, 45, 150]
    with pytest.raises(ValueError, match="photo"):
        hsl_row_inks(PALETTES["photo"], 4)


def test_mono_is_black_on_white_and_white_on_black() -> None:
    assert row_inks(PALETTES["mono"], 5, "light").tolist() == [[0, 0, 0]] * 5
    assert row_inks(PALETTES["mono"], 5, "dark").tolist() == [[255, 255, 255]] * 5


def test_one_row_takes_the_last_colour() -> None:
    assert row_inks(PALETTES["blue"], 1, "light").tolist() == [[0, 0, 255]]


@pytest.mark.parametrize("background", ["light", "dark"])
@pytest.mark.parametrize("palette", GRADIENTS, ids=lambda palette: str(palette.name))
def test_every_palette_can_be_read(palette: object, background: Background) -> None:
    inks = row_inks(palette, 64, background).astype(np.float32) / np.float32(255)
    assert contrast(inks, background).min() >= READABLE_CONTRAST


def test_contrast_of_known_pairs() -> None:
    """Black on white is 21:1 by definition, and #767676 is known as the lightest grey of 4.5:1."""
    greys = np.array([[0, 0, 0], [255, 255, 255], [0x76] * 3], np.float32) / np.float32(255)
    assert contrast(greys, "light")[:, 0] == pytest.approx([21.0, 1.0, 4.54], abs=0.01)


colours = st.tuples(*[st.integers(0, 255)] * 3)


@settings(max_examples=60)
@given_any(top=colours, bottom=colours, rows=st.integers(1, 40), background=st.sampled_from(["light", "dark"]))
@example(top=(221, 95, 187), bottom=(224, 138, 187), rows=14, background="light")  # by a hair before it is bytes
def test_any_custom_gradient_can_be_read(
    top: tuple[int, ...], bottom: tuple[int, ...], rows: int, background: Background
) -> None:
    palette = find_palette(f"#{bytes(top).hex()}-#{bytes(bottom).hex()}")
    inks = row_inks(palette, rows, background)
    assert inks.shape == (rows, 3)
    assert contrast(inks.astype(np.float32) / np.float32(255), background).min() >= READABLE_CONTRAST


def test_a_photo_s_colours_are_lit_on_dark_paper() -> None:
    cells = np.array([[[150, 0, 0], [20, 30, 60], [0, 0, 0], [120, 120, 120], [250, 250, 200]]], np.uint8)
    inks = readable_inks(cells, "dark")
    before, after = lab_of(cells)[0], lab_of(inks)[0]
    assert after[:4, 0] == pytest.approx([DARK_LIGHTNESS] * 4, abs=0.005)
    assert np.arctan2(*after[:2, 1:].T) == pytest.approx(np.arctan2(*before[:2, 1:].T), abs=0.02)
    # What is lit shows more of its colour: red is no rose, and grey gets none.
    assert np.hypot(*after[0, 1:]) > 0.17 and np.hypot(*after[1, 1:]) > 2 * np.hypot(*before[1, 1:])
    assert np.ptp(inks[0, 2:4], axis=-1).tolist() == [0, 0]
    assert inks[0, 4].tolist() == [250, 250, 200]


def test_readable_colours_are_left_alone_and_the_hue_stays() -> None:
    cells = np.array([[[200, 0, 0], [255, 255, 0], [0, 0, 0]]], np.uint8)
    inks = readable_inks(cells, "light")
    assert inks[0, 0].tolist() == [200, 0, 0]
    assert inks[0, 2].tolist() == [0, 0, 0]
    assert hue(inks[0, 1].astype(int)) == pytest.approx(60, abs=1)
    assert contrast(inks.astype(np.float32) / np.float32(255), "light").min() >= READABLE_CONTRAST


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "plaid", "#0000ff-", "-#0000ff", "#0000ff-#ff69b", "to", "f00", "-"),
        *("#gg0000-#000000", "#0000ff-#ff69b4-#ffffff", "#00", "#０00", "#0000ff\0", "a" * 1000, "red " * 200),
        *("rainbow", "none", "a " * 30, "a-" * 30, "redd-bleu-redd-bleu-redd-bleu"),
    ],
)
def test_bad_names(name: str) -> None:
    with pytest.raises(PictureProblem) as problem:
        find_palette(name)
    assert problem.value.code == "bad_palette"
    assert all(known in str(problem.value) for known in PALETTES)


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        *(
            ("pnik", "pink"),
            ("bluе", "blue"),
            ("Purpel", "purple"),
            ("redd-bleu", "red-blue"),
            ("drak red", "darkred"),
        ),
        *(("red-bl", "red-blue"), ("blck-white", "black-white"), ("yelow-red", "yellow-red")),
        *(("redd-blue", "red-blue"), ("dark-rde", "darkred"), ("yelow-green", "yellow-green")),
        *(("#0000ff-pnik", "#0000ff-pink"), ("sky-bleu", "skyblue"), ("bleu to redd", "blue-red")),
    ],
)
def test_a_name_that_is_nearly_one_is_answered_with_it(typed: str, near: str) -> None:
    with pytest.raises(PictureProblem) as problem:
        find_palette(typed)
    assert problem.value.code == "bad_palette_near"
    assert f"Did you mean `{near}`?" in str(problem.value)
    assert find_palette(near)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *(
            ("orange-red", "#ffa500-#ff0000"),
            ("yellow-green", "#ffff00-#008000"),
            ("lime, green", "#00ff00-#008000"),
        ),
        *(("blue-violet", "#0000ff-#ee82ee"), ("orange red", "#ff4500"), ("orange_red", "#ff4500")),
        *(("lime green", "#32cd32"), ("dark-red", "#8b0000"), ("red blue", "#ff0000-#0000ff")),
    ],
)
def test_a_hyphen_parts_two_whole_names(typed: str, name: str) -> None:
    assert find_palette(typed).name == name


def test_the_names_are_those_of_css() -> None:
    assert ImageColor.colormap.keys() == NAMES
    assert all(find_colour(name) == ImageColor.getrgb(name) for name in NAMES)


def test_a_bad_name_is_never_repeated_to_the_user() -> None:
    with pytest.raises(PictureProblem) as problem:
        find_palette("@everyone")
    assert "@everyone" not in str(problem.value)


@pytest.mark.parametrize(
    ("given", "name", "top", "bottom"),
    [
        ("#FF69B4-#0000FF", "#ff69b4-#0000ff", (255, 105, 180), (0, 0, 255)),
        ("#0a0b0c", "#0a0b0c", (10, 11, 12), (10, 11, 12)),
        ("red", "#ff0000", (255, 0, 0), (255, 0, 0)),
        ("Dark Red", "#8b0000", (139, 0, 0), (139, 0, 0)),
        ("rebeccapurple", "#663399", (102, 51, 153), (102, 51, 153)),
        ("red-blue", "#ff0000-#0000ff", (255, 0, 0), (0, 0, 255)),
        ("red blue", "#ff0000-#0000ff", (255, 0, 0), (0, 0, 255)),
        ("dark red to light blue", "#8b0000-#add8e6", (139, 0, 0), (173, 216, 230)),
        ("teal, #f00", "#008080-#ff0000", (0, 128, 128), (255, 0, 0)),
        ("blue-pink", "#0000ff-#ffc0cb", (0, 0, 255), (255, 192, 203)),
        ("0000ff ff69b4", "#0000ff-#ff69b4", (0, 0, 255), (255, 105, 180)),
        ("#0000FF to #FF69B4", "#0000ff-#ff69b4", (0, 0, 255), (255, 105, 180)),
        ("#f00-#0000ff", "#ff0000-#0000ff", (255, 0, 0), (0, 0, 255)),
        (" #fff\n", "#ffffff", (255, 255, 255), (255, 255, 255)),
    ],
)
def test_colours_of_ones_own(given: str, name: str, top: RGB, bottom: RGB) -> None:
    palette = find_palette(given)
    assert (palette.name, palette.top, palette.bottom) == (name, top, bottom)
    assert find_palette(palette.name) == palette


def test_case_and_blanks_do_not_matter() -> None:
    assert find_palette(" Blue ") is PALETTES["blue"]


def test_every_example_of_a_right_colour_is_right() -> None:
    with pytest.raises(PictureProblem) as problem:
        find_palette("plaid")
    examples = re.findall("`([^`]+)`", str(problem.value))
    assert [find_palette(example).name for example in examples] == ["#ff69b4", "#ff0000", "#0000ff-#ff69b4"]


def test_photo_has_no_row_colours() -> None:
    with pytest.raises(ValueError, match="photo"):
        row_inks(PALETTES["photo"], 4, "light")


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_faded_ink_can_still_be_read(paper: Background) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (5000, 3), np.uint8)
    inks = readable_inks(colours, paper)
    pale = faded(inks, np.full(5000, 0.3, np.float32), paper)
    assert contrast(pale.astype(np.float32) / np.float32(255), paper).min() >= READABLE_CONTRAST
    full = faded(inks, np.ones(5000, np.float32), paper)
    assert (full == inks).all()
    ground = np.array(PAPER[paper], int)
    # No farther from the paper, but for what is rounded away from it.
    assert (np.abs(pale.astype(int) - ground) <= np.abs(inks.astype(int) - ground) + 1).all()
