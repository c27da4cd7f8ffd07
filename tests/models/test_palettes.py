"""Palettes: the reference's HSL paths, readable ink on both papers, and clear words for bad names."""

import colorsys
import re

import numpy as np
import pytest
from hypothesis import example, settings
from hypothesis import given as given_any
from hypothesis import strategies as st

from models.palettes import (
    DEFAULT_PALETTE,
    PALETTES,
    READABLE_CONTRAST,
    RGB,
    Background,
    contrast,
    find_palette,
    readable_inks,
    row_inks,
)
from models.problems import PictureProblem

GRADIENTS = [palette for palette in PALETTES.values() if palette.top is not None]


def hue(ink: np.ndarray) -> float:
    return colorsys.rgb_to_hls(*(ink / 255))[0] * 360


def test_blue_goes_from_black_over_dark_green_and_teal() -> None:
    inks = row_inks(PALETTES["blue"], 33, "light").astype(int)
    assert inks[0].tolist() == [0, 0, 0]
    assert inks[-1].tolist() == [0, 0, 255]
    assert hue(inks[16]) == pytest.approx(120, abs=2)
    assert inks[16].max() < 110
    assert hue(inks[24]) == pytest.approx(180, abs=2)
    assert DEFAULT_PALETTE == "blue"


def test_pink_goes_from_blue_over_magenta() -> None:
    inks = row_inks(PALETTES["pink"], 33, "light").astype(int)
    assert inks[0].tolist() == [0, 0, 255]
    hues = [hue(ink) for ink in inks]
    assert hues == sorted(hues)
    assert any(abs(h - 300) < 8 for h in hues)
    red, green, blue = inks[-1]
    assert (red, green) == (255, min(inks[-1]))
    assert 100 < blue < 180


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


@settings(max_examples=60, deadline=None)
@given_any(top=colours, bottom=colours, rows=st.integers(1, 40), background=st.sampled_from(["light", "dark"]))
@example(top=(221, 95, 187), bottom=(224, 138, 187), rows=14, background="light")  # by a hair before it is bytes
def test_any_custom_gradient_can_be_read(
    top: tuple[int, ...], bottom: tuple[int, ...], rows: int, background: Background
) -> None:
    palette = find_palette(f"#{bytes(top).hex()}-#{bytes(bottom).hex()}")
    inks = row_inks(palette, rows, background)
    assert inks.shape == (rows, 3)
    assert contrast(inks.astype(np.float32) / np.float32(255), background).min() >= READABLE_CONTRAST


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
        *("", " ", "red", "bluе", "0000ff", "#0000ff-", "-#0000ff", "#0000ff-ff69b4", "#0000ff-#ff69b"),
        *("#gg0000-#000000", "#0000ff-#ff69b4-#ffffff", "#00", "blue-pink", "#０00", "#0000ff\0", "a" * 1000),
    ],
)
def test_bad_names(name: str) -> None:
    with pytest.raises(PictureProblem) as problem:
        find_palette(name)
    assert problem.value.code == "bad_palette"
    assert all(known in str(problem.value) for known in PALETTES)


def test_a_bad_name_is_never_repeated_to_the_user() -> None:
    with pytest.raises(PictureProblem) as problem:
        find_palette("@everyone")
    assert "@everyone" not in str(problem.value)


@pytest.mark.parametrize(
    ("given", "name", "top", "bottom"),
    [
        ("#FF69B4-#0000FF", "#ff69b4-#0000ff", (255, 105, 180), (0, 0, 255)),
        ("#0a0b0c", "#0a0b0c", (10, 11, 12), (10, 11, 12)),
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
        find_palette("pinkish")
    examples = re.findall("`([^`]+)`", str(problem.value))
    assert len(examples) == 2
    assert all(find_palette(example).name == example for example in examples)


def test_photo_has_no_row_colours() -> None:
    with pytest.raises(ValueError, match="photo"):
        row_inks(PALETTES["photo"], 4, "light")
