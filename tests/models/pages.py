"""Pages for the tests: every character somewhere, any ink."""

import numpy as np

from models.atlas import Atlas, default_atlas
from models.page import Grid, Page, page_of
from models.palettes import Background

ATLAS = default_atlas()
OTHER_ATLAS = Atlas(ATLAS.charset, np.roll(ATLAS.ink, 1, 1))
"""Glyphs that are not the typeface's, as a style of somebody's own has."""


def random_page(
    rows: int,
    columns: int,
    palette: str = "blue",
    background: Background = "light",
    seed: int = 0,
    *,
    atlas: Atlas = ATLAS,
) -> Page:
    """Characters drawn evenly from the charset, in the inks of a palette (or of a random photo)."""
    rng = np.random.default_rng(seed)
    grid = Grid(rng.integers(0, len(atlas.charset), (rows, columns)), atlas)
    return page_of(grid, palette, background, rng.integers(0, 256, (rows, columns, 3)).astype(np.uint8))


def page_of_lines(*lines: str, palette: str = "blue", background: Background = "light") -> Page:
    """A page with exactly these rows, all of the same length."""
    glyphs = np.array([[ATLAS.charset.index(character) for character in line] for line in lines], np.int64)
    return page_of(Grid(glyphs, ATLAS), palette, background)
