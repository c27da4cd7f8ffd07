"""The atlas and the grid: what a character looks like, and what a page of them reads."""

from pathlib import Path

import numpy as np
import pytest

from models.atlas import CELL_HEIGHT, PRINTABLE, Atlas, default_atlas, draw_atlas, save_sheet
from models.page import Grid
from models.typeface import TTF

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf")


def test_the_default_atlas_is_printable_ascii_with_blank_first() -> None:
    atlas = default_atlas()
    assert atlas.charset == PRINTABLE == "".join(chr(code) for code in range(32, 127))
    assert atlas.ink.shape == (95, 16, 8)
    assert atlas.ink.dtype == np.float32
    assert atlas.ink[0].max() == 0.0
    assert (atlas.ink.min(), atlas.ink.max()) == (0.0, 1.0)


def test_no_two_characters_look_the_same() -> None:
    flat = default_atlas().ink.reshape(95, -1)
    apart = np.abs(flat[:, None] - flat[None]).sum(-1) + 1e9 * np.eye(95)
    assert apart.min() > 1.0


def test_marks_stand_where_they_should() -> None:
    """Ink by place: an underscore low, a quote high, a dot small, a bar tall and thin, as far as the cell goes."""
    ink = dict(zip(PRINTABLE, default_atlas().ink, strict=True))
    assert ink["_"][: CELL_HEIGHT // 2].sum() == 0.0
    assert ink['"'][CELL_HEIGHT // 2 :].sum() == 0.0
    assert ink["."].sum() < ink[":"].sum() < ink["#"].sum()
    assert ink["|"].max(1).min() > 0.9
    assert (ink["|"].max(0) > 0.3).sum() <= 3
    assert all(ink[stroke].max(0).min() > 0.9 for stroke in "_-=")


def test_the_default_atlas_is_what_the_typeface_draws() -> None:
    drawn = draw_atlas(TTF)
    assert drawn.charset == PRINTABLE
    # FreeType's versions differ in the last bits of antialiasing, no more.
    assert np.abs(drawn.ink - default_atlas().ink).max() <= 2 / 255


def test_a_font_that_does_not_fill_a_cell_is_refused() -> None:
    if not FONT.exists():
        pytest.skip(f"{FONT} is not installed")
    with pytest.raises(ValueError, match="does not fill a cell"):
        draw_atlas(FONT)


def test_a_font_that_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.ttf").write_text("no font")
    with pytest.raises(OSError):
        draw_atlas(tmp_path / "no.ttf")


def test_ink_must_fit_the_charset() -> None:
    with pytest.raises(ValueError, match="3 glyphs"):
        Atlas("abc", np.zeros((2, 16, 8), np.float32))


def test_a_sheet_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = default_atlas()
    save_sheet(atlas, tmp_path / "sheet.png")
    monkeypatch.setattr("models.atlas._DEFAULT", tmp_path / "sheet.png")
    assert np.array_equal(default_atlas().ink, atlas.ink)


def grid_of(*lines: str) -> Grid:
    return Grid(np.array([[PRINTABLE.index(c) for c in line] for line in lines]), default_atlas())


def test_text_is_the_characters_without_trailing_spaces() -> None:
    grid = grid_of("a b ", "    ", " ~#`")
    assert grid.text() == "a b\n\n ~#`\n"
    assert (grid.columns, grid.rows) == (4, 3)


def test_coverage_puts_each_glyph_in_its_cell() -> None:
    grid = grid_of("Ab", "#.")
    page, ink = grid.coverage(), default_atlas().ink
    assert page.shape == (32, 16)
    for row, line in enumerate(("Ab", "#.")):
        for column, character in enumerate(line):
            cell = page[16 * row : 16 * row + 16, 8 * column : 8 * column + 8]
            assert np.array_equal(cell, ink[PRINTABLE.index(character)])
