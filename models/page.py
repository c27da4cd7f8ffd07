"""A page: one glyph of an atlas in every cell, and the ink of each. Every format of a picture is made from one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas
from models.colour_names import RGB
from models.palettes import Background, faded, find_palette, readable_inks, row_inks

Ink = TypeVar("Ink", np.float32, np.uint8)

FAINT: Final = 1 / 16
"""A row with less ink than this share of the heaviest row's carries none to speak of: a speck or a pale edge at the
foot of a page must not keep the end of a gradient to itself."""

SAME_COLOUR: Final = 12
"""Levels of 255 by which a cell's mean colour may differ from frame to frame and its ink stay the same."""


@dataclass(frozen=True)
class Grid:
    """`glyphs` is (rows, columns) of indices into the atlas's charset.

    `pixels` is set for a model that draws freely: its ink, (rows · 16, columns · 8) float32 in [0, 1], of which
    `glyphs` is then the nearest reading. `strength` is set for a model that shades its ink: how much of it each
    cell gets, (rows, columns) float32 in [0, 1].
    """

    glyphs: NDArray[np.int64]
    atlas: Atlas
    pixels: NDArray[np.float32] | None = None
    strength: NDArray[np.float32] | None = None

    @property
    def rows(self) -> int:
        return int(self.glyphs.shape[0])

    @property
    def columns(self) -> int:
        return int(self.glyphs.shape[1])

    def lines(self) -> list[str]:
        """The characters of each row, every cell of it."""
        charset = np.array(list(self.atlas.charset))
        return ["".join(charset[row]) for row in self.glyphs]

    def text(self) -> str:
        """The characters, a line per row, each ended by a newline; spaces at line ends are dropped."""
        return "".join(line.rstrip() + "\n" for line in self.lines())

    def coverage(self) -> NDArray[np.float32]:
        """The page's ink, (rows · 16, columns · 8) float32 in [0, 1]."""
        if self.pixels is not None:
            return self.pixels
        return self._set(self.atlas.ink)

    def coverage_bytes(self) -> NDArray[np.uint8]:
        """The same in bytes, 255 for full ink."""
        if self.pixels is not None:
            return np.rint(self.pixels * 255).astype(np.uint8)
        return self._set(np.rint(self.atlas.ink * 255).astype(np.uint8))

    def row_ink(self) -> NDArray[np.float32]:
        """How much of each row is ink, (rows,) float32 in [0, 1], as strong as it is."""
        if self.pixels is not None:
            cells = self.pixels.reshape(self.rows, CELL_HEIGHT, self.columns, CELL_WIDTH).mean((1, 3))
        else:
            cells = self.atlas.ink.mean((1, 2))[self.glyphs]
        ink: NDArray[np.float32] = (cells if self.strength is None else cells * self.strength).mean(1)
        return ink

    def _set(self, book: NDArray[Ink]) -> NDArray[Ink]:
        """The page from glyphs of `book`, (N, 16, 8)."""
        return book[self.glyphs].transpose(0, 2, 1, 3).reshape(self.rows * CELL_HEIGHT, self.columns * CELL_WIDTH)


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


def inked_rows(grids: Sequence[Grid]) -> tuple[int, int]:
    """The first row that carries ink in any of these pages of one size, and one past the last: a gradient's span.

    All rows where none does.
    """
    ink = np.max([grid.row_ink() for grid in grids], 0)
    rows = np.flatnonzero((ink > 0) & (ink >= ink.max() * FAINT))
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, len(ink))


def page_of(
    grid: Grid, palette: str, background: Background = "light", rgb: NDArray[np.uint8] | None = None
) -> Page:
    """Ink the characters with a palette, a gradient over the rows that carry ink.

    `rgb` is the photo, (H, W, 3), and needed by the palette `photo` only: each cell takes its mean. Raises
    PictureProblem `bad_palette`, ValueError when the photo is needed and missing.
    """
    chosen = find_palette(palette)
    if chosen.top is not None:
        return _in_rows(grid, row_inks(chosen, grid.rows, background, inked_rows([grid])), background)
    if rgb is None:
        raise ValueError("the palette 'photo' needs the photo")
    means = Image.fromarray(rgb).resize((grid.columns, grid.rows), Image.Resampling.BOX)
    return Page(grid, readable_inks(np.asarray(means, np.uint8), background), background)


def pages_of(grids: Sequence[Grid], pixels: NDArray[np.uint8], palette: str, background: Background) -> list[Page]:
    """A page for each frame's grid; a cell keeps its ink while its colour hardly changes. Raises as `page_of`.

    A gradient takes the rows that carry ink in any of the frames, and stands still.
    """
    if (chosen := find_palette(palette)).top is not None:
        rows = (
            row_inks(chosen, grids[0].rows, background, inked_rows(grids)) if grids else np.empty((0, 3), np.uint8)
        )
        return [_in_rows(grid, rows, background) for grid in grids]
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


def _in_rows(grid: Grid, inks: NDArray[np.uint8], background: Background) -> Page:
    """The page with an ink for each row, (rows, 3)."""
    return Page(grid, inks[:, None].repeat(grid.columns, 1), background)


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
