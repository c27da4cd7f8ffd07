"""A page's gradient: over the rows that carry ink, in every format alike."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from models.encoders import encode
from models.encoders.gif import animated_gif
from models.page import Grid, inked_rows, page_of, pages_of
from models.palettes import PALETTES, hsl_row_inks, row_inks
from tests.models.pages import ATLAS, page_of_lines

PINK, BLUE = (255, 45, 150), (0, 0, 255)
TOP = ("####", "####", "####", "    ", "    ", "    ", "    ", "    ")
"""Ink in the first three of eight rows."""


def grid(*lines: str, strength: np.ndarray | None = None) -> Grid:
    glyphs = np.array([[ATLAS.charset.index(character) for character in line] for line in lines], np.int64)
    return Grid(glyphs, ATLAS, strength=strength)


def test_ink_in_the_first_rows_alone_has_the_whole_gradient() -> None:
    inks = page_of_lines(*TOP, palette="pink").inks[:, 0]
    assert tuple(inks[0]) == BLUE
    assert tuple(inks[2]) == PINK
    assert (inks[2:] == PINK).all()
    low = page_of_lines(*reversed(TOP), palette="pink").inks[:, 0]
    assert (low[:6] == BLUE).all() and tuple(low[7]) == PINK


@pytest.mark.parametrize("format", ["html", "svg", "ansi", "docx", "picture", "animation"])
def test_every_format_has_it(format: str) -> None:
    page = page_of_lines(*TOP, palette="pink")
    if format == "animation":
        gif = animated_gif([page, page_of_lines(*TOP[:2], *TOP[:6], palette="pink")], [50, 50], 0)
        assert gif is not None
        data = gif.data
    else:
        data = encode(page, format)
    if format in ("picture", "animation"):
        with Image.open(io.BytesIO(data)) as image:
            assert PINK in {colour for _, colour in image.convert("RGB").getcolors(1 << 16) or []}
    else:
        if format == "docx":
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                data = file.read("word/document.xml")
        assert (b"255;45;150" if format == "ansi" else b"ff2d96") in data.lower()


def test_a_speck_below_and_a_pale_edge_keep_no_colour_to_themselves() -> None:
    wide = ("#" * 40, "#" * 40, *([" " * 40] * 5), " " * 39 + ".")
    assert inked_rows([grid(*wide)]) == (0, 2)
    pale = np.ones((3, 40), np.float32)
    pale[2] = 0.01
    assert inked_rows([grid("#" * 40, "#" * 40, "." * 40)]) == (0, 3), "a row of dots is seen"
    assert inked_rows([grid("#" * 40, "#" * 40, "." * 40, strength=pale)]) == (0, 2)


def test_free_pixels_carry_ink_where_they_are_dark() -> None:
    pixels = np.zeros((4 * 16, 8 * 8), np.float32)
    pixels[16:32] = 0.7
    assert inked_rows([Grid(np.zeros((4, 8), np.int64), ATLAS, pixels)]) == (1, 2)


def test_an_empty_page_has_all_its_rows() -> None:
    assert inked_rows([grid("    ", "    ")]) == (0, 2)
    assert page_of(grid("    ", "    "), "pink").inks.shape == (2, 4, 3)


def test_the_frames_of_an_animation_have_one_gradient() -> None:
    frames = [grid("####", "    ", "    ", "    "), grid("    ", "    ", "####", "    ")]
    pages = pages_of(frames, np.zeros((2, 8, 8, 3), np.uint8), "pink", "light")
    assert np.array_equal(pages[0].inks, pages[1].inks)
    assert tuple(pages[0].inks[0, 0]) == BLUE and tuple(pages[1].inks[2, 0]) == PINK
    assert pages_of([], np.zeros((0, 8, 8, 3), np.uint8), "pink", "light") == []


def test_both_gradients_take_the_same_rows() -> None:
    for inks in (row_inks(PALETTES["pink"], 8, "light", (2, 5)), hsl_row_inks(PALETTES["pink"], 8, (2, 5))):
        assert (inks[:3] == BLUE).all() and (inks[4:] == PINK).all()
        assert 0 < inks[3, 0] < 255
    one = row_inks(PALETTES["pink"], 4, "light", (1, 2))
    assert (one == PINK).all(), "a row alone has the colour that the palette is named for"
