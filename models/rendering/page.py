"""A page: characters and the ink of each. Every format of a picture, painted or written, is made from one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.palettes import RGB, Background, faded, find_palette, readable_inks, row_inks
from models.rendering.grid import Grid

SAME_COLOUR: Final = 12
"""Levels of 255 by which a cell's mean colour may differ from frame to frame and its ink stay the same."""


@dataclass(frozen=True)
class Page:
    """`inks` is (rows, columns, 3) sRGB bytes, each cell's ink in full, made for the paper of `background`."""

    grid: Grid
    inks: NDArray[np.uint8]
    background: Background

    def __post_init__(self) -> None:
        if self.inks.shape != (self.grid.rows, self.grid.columns, 3):
            raise ValueError(f"{self.grid.columns}×{self.grid.rows} cells cannot have inks of {self.inks.shape}")

    @cached_property
    def painted(self) -> NDArray[np.uint8]:
        """The inks as they are seen, as strong as the grid says, (rows, columns, 3) sRGB bytes."""
        return self.inks if self.grid.strength is None else faded(self.inks, self.grid.strength, self.background)

    @property
    def columns(self) -> int:
        return self.grid.columns

    @property
    def rows(self) -> int:
        return self.grid.rows


def page_of(
    grid: Grid, palette: str, background: Background = "light", rgb: NDArray[np.uint8] | None = None
) -> Page:
    """Ink the characters with a palette.

    `rgb` is the photo, (H, W, 3), and needed by the palette `photo` only: each cell takes its mean. Raises
    PictureProblem `bad_palette`, ValueError when the photo is needed and missing.
    """
    chosen = find_palette(palette)
    if chosen.top is not None:
        rows = row_inks(chosen, grid.rows, background)
        return Page(grid, rows[:, None].repeat(grid.columns, 1), background)
    if rgb is None:
        raise ValueError("the palette 'photo' needs the photo")
    means = Image.fromarray(rgb).resize((grid.columns, grid.rows), Image.Resampling.BOX)
    return Page(grid, readable_inks(np.asarray(means, np.uint8), background), background)


def pages_of(grids: Sequence[Grid], pixels: NDArray[np.uint8], palette: str, background: Background) -> list[Page]:
    """A page for each frame's grid; a cell keeps its ink while its colour hardly changes. Raises as `page_of`."""
    if find_palette(palette).top is not None:
        return [page_of(grid, palette, background) for grid in grids]
    held: NDArray[np.uint8] | None = None
    pages = []
    for grid, frame in zip(grids, pixels, strict=True):
        size = (grid.columns, grid.rows)
        means = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX), np.uint8)
        if held is not None:
            same = np.abs(means.astype(np.int16) - held).max(-1, keepdims=True) <= SAME_COLOUR
            means = np.where(same, held, means)
        held = means
        pages.append(page_of(grid, palette, background, means))
    return pages


Run = tuple[str, RGB]


def runs(page: Page, *, shaded: bool = True) -> list[list[Run]]:
    """Each row as (characters, ink) runs of one ink, spaces at its end dropped; `shaded` inks are as painted.

    A space shows no ink, so it goes with the run before it, and at the start of a row with the one after.
    """
    rows = zip(page.grid.lines(), (page.painted if shaded else page.inks).tolist(), strict=True)
    return [_row_runs(line.rstrip(), inks) for line, inks in rows]


def _row_runs(line: str, inks: list[list[int]]) -> list[Run]:
    row: list[Run] = []
    for character, (red, green, blue) in zip(line, inks, strict=False):
        if row and (character == " " or row[-1][1] == (red, green, blue) or row[-1][0].isspace()):
            text, ink = row[-1]
            row[-1] = (text + character, (red, green, blue) if text.isspace() else ink)
        else:
            row.append((character, (red, green, blue)))
    return row
