"""A page of characters: one glyph of an atlas in every cell."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas

Ink = TypeVar("Ink", np.float32, np.uint8)


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

    def _set(self, book: NDArray[Ink]) -> NDArray[Ink]:
        """The page from glyphs of `book`, (N, 16, 8)."""
        return book[self.glyphs].transpose(0, 2, 1, 3).reshape(self.rows * CELL_HEIGHT, self.columns * CELL_WIDTH)
