"""Formats and sizes: a code block always fits its message and its reader, and could be no wider."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import limits
from models.encoders import encode
from models.formats import (
    COLOUR_CHARACTERS,
    DEFAULT_FORMAT,
    FILES,
    FORMATS,
    PANORAMA_COLUMNS,
    PANORAMA_ROWS,
    PICTURE_COLUMNS,
    PICTURE_ROWS,
    CodeBlock,
    block_columns,
    columns_within,
    picture_columns,
    rows_for,
)
from tests.models.pages import random_page

sides = st.integers(limits.MIN_SIDE, 12_000)


def characters(columns: int, rows: int) -> int:
    """A message with the fullest page of that size in it, hidden."""
    return len("||```\n" + ("#" * columns + "\n") * rows + "```||")


BLOCKS = {name: format.block for name, format in FORMATS.items() if format.block}


@given(width=sides, height=sides, block=st.sampled_from(list(BLOCKS.values())), colours=st.booleans())
def test_the_widest_page_that_fits_the_message(width: int, height: int, block: CodeBlock, colours: bool) -> None:
    chosen, most = replace(block, colours=colours), 2000 - (COLOUR_CHARACTERS if colours else 0)

    def fits(columns: int) -> bool:
        rows = rows_for(width, height, columns)
        return characters(columns, rows) <= most and rows <= (chosen.rows or rows)

    columns = block_columns(width, height, chosen)
    if columns is None:
        assert not fits(limits.MIN_COLUMNS)
        return
    assert limits.MIN_COLUMNS <= columns <= chosen.columns
    assert fits(columns)
    assert columns == chosen.columns or not fits(columns + 1)


@pytest.mark.parametrize(
    ("width", "height", "format", "columns", "rows"),
    [
        (400, 300, "phone", 34, 13),
        (300, 300, "phone", 34, 17),
        (300, 400, "text", 48, 32),
        (1600, 900, "text", 60, 17),
    ],
)
def test_usual_photos(width: int, height: int, format: str, columns: int, rows: int) -> None:
    assert block_columns(width, height, replace(BLOCKS[format], colours=False)) == columns
    assert rows_for(width, height, columns) == rows


def test_a_picture_as_long_as_any_taken_fits_no_message() -> None:
    assert block_columns(100, 100 * limits.MAX_RATIO, BLOCKS["phone"]) is None


def test_every_format_can_be_had_and_no_other() -> None:
    page = random_page(4, 6)
    assert DEFAULT_FORMAT in FORMATS
    for name, format in FORMATS.items():
        assert name == format.name
        assert encode(page, name)
        assert format.block or FILES[format.suffix] == format, "each kind of file is one format"
    with pytest.raises(KeyError):
        encode(page, "jpeg")


@pytest.mark.parametrize(
    ("width", "height", "columns", "wanted"),
    [(512, 512, 64, 64), (512, 512, 200, 200), (450, 900, 200, 141), (100, 1600, 200, 50), (1600, 100, 200, 200)],
)
def test_a_tall_page_gets_fewer_columns_rather_than_a_flatter_picture(
    width: int, height: int, columns: int, wanted: int
) -> None:
    columns = columns_within(width, height, columns)
    rows = rows_for(width, height, columns)
    assert columns == wanted
    assert columns * rows <= limits.MAX_CELLS
    assert rows * 2 * width / (columns * height) == pytest.approx(1.0, abs=0.02 + 1 / rows)


@pytest.mark.parametrize(
    ("width", "height", "columns", "rows"),
    [
        (400, 300, 100, 38),
        (1600, 900, 100, 28),
        (300, 300, 96, 48),
        (300, 400, 72, 48),
        (900, 1600, 54, 48),
        (480, 200, 115, 24),  # a panorama
        (3000, 400, 120, 8),
        (400, 3000, limits.MIN_COLUMNS, 75),
    ],
)
def test_columns_of_a_picture_if_nobody_says(width: int, height: int, columns: int, rows: int) -> None:
    assert picture_columns(width, height) == columns
    assert rows_for(width, height, columns) == rows


@given(width=sides, height=sides)
def test_a_picture_fits_its_page(width: int, height: int) -> None:
    columns = picture_columns(width, height)
    rows = rows_for(width, height, columns)
    assert limits.MIN_COLUMNS <= columns <= PANORAMA_COLUMNS
    assert columns <= PICTURE_COLUMNS or rows <= PANORAMA_ROWS
    assert rows <= PICTURE_ROWS or columns == limits.MIN_COLUMNS
