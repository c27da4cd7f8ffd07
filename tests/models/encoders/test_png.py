"""The painted PNG, read back: every cell is exactly a character of the atlas in its row's ink."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.atlas import default_atlas
from models.encoders.png import encode_png, paint
from models.page import Grid, page_of
from models.palettes import PALETTES, PAPER, Background, find_palette, readable_inks, row_inks
from models.problems import PictureProblem

ATLAS = default_atlas()
PAGE = Grid(np.random.default_rng(0).integers(0, 95, (24, 40)), ATLAS)


def read_back(png: bytes, inks: NDArray[np.uint8], background: Background) -> tuple[NDArray[np.int64], float]:
    """The glyph in each cell, and the worst pixel's distance from that glyph in that ink, in bytes.

    `inks` is (rows, columns, 3). Knows nothing of how painting works: it asks of each cell which character
    would look like this.
    """
    with Image.open(io.BytesIO(png)) as image:
        pixels = np.asarray(image.convert("RGB"), np.float64)
    rows, columns = inks.shape[:2]
    paper = np.array(PAPER[background], np.float64)
    glyphs, worst = np.empty((rows, columns), np.int64), 0.0
    for row in range(rows):
        for column in range(columns):
            cell = pixels[16 * row : 16 * row + 16, 8 * column : 8 * column + 8]
            ink = inks[row, column].astype(np.float64)
            coverage = ((cell - paper) @ (ink - paper)) / ((ink - paper) @ (ink - paper))
            glyph = int(((ATLAS.ink - coverage) ** 2).sum((1, 2)).argmin())
            looks = paper + (ink - paper) * ATLAS.ink[glyph][..., None]
            glyphs[row, column] = glyph
            worst = max(worst, float(np.abs(cell - looks).max()))
    return glyphs, worst


@pytest.mark.parametrize("background", ["light", "dark"])
@pytest.mark.parametrize("palette", [*(name for name in PALETTES if name != "photo"), "#102030-#ff69b4"])
def test_every_cell_is_a_character_in_its_rows_ink(palette: str, background: Background) -> None:
    png = encode_png(paint(page_of(PAGE, palette, background)))
    inks = row_inks(find_palette(palette), PAGE.rows, background)
    glyphs, worst = read_back(png, inks[:, None].repeat(PAGE.columns, 1), background)
    assert np.array_equal(glyphs, PAGE.glyphs)
    assert worst <= 0.5 + 1e-6


@pytest.mark.parametrize("background", ["light", "dark"])
def test_the_photos_own_colours(background: Background) -> None:
    # A photo of exactly the grid's size: each cell's colour is one pixel.
    rgb = np.random.default_rng(1).integers(0, 256, (24, 40, 3)).astype(np.uint8)
    glyphs, worst = read_back(
        encode_png(paint(page_of(PAGE, "photo", background, rgb))), readable_inks(rgb, background), background
    )
    assert np.array_equal(glyphs, PAGE.glyphs)
    assert worst <= 0.5 + 1e-6


def test_pink_shows_the_same_characters_as_blue() -> None:
    blue, pink = (np.asarray(paint(page_of(PAGE, name)).convert("RGB")) for name in ("blue", "pink"))
    untouched = (blue == 255).all(-1)
    assert np.array_equal(untouched, (pink == 255).all(-1))
    assert not np.array_equal(blue, pink)


def test_a_blank_page_is_all_paper() -> None:
    blank = Grid(np.zeros((3, 5), np.int64), ATLAS)
    assert (np.asarray(paint(page_of(blank, "blue", "dark"))) == PAPER["dark"]).all()


def test_the_size_is_eight_by_sixteen_a_cell() -> None:
    assert paint(page_of(PAGE, "mono")).size == (320, 384)


def test_bad_palette_and_missing_photo() -> None:
    with pytest.raises(PictureProblem, match="palette"):
        page_of(PAGE, "nonsense")
    with pytest.raises(ValueError, match="needs the photo"):
        page_of(PAGE, "photo")
