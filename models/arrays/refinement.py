"""Local search over one page of characters, on arrays: what refines a page where there is no PyTorch.

models.baselines.local_search is the same rule on tensors, for batches and for training, and says where it comes
from; its numbers stand here.
"""

from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.arrays.areas import patterns
from models.arrays.planes import Plane, block_means, blur
from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas, densest

DISTANCES: Final = ((1.5, 1.0, 2), (4.0, 1.0, 4), (8.0, 1.0, 4))
"""Blur in px, weight of the squared error after it, and the factor by which it is taken at a lower resolution."""
PATTERN_PENALTY: Final = 0.12
REPEAT_BONUS: Final = 0.05
"""What a neighbour of the same glyph takes off a glyph's cost, if their tones are equal."""
EQUAL: Final = 0.06
"""Difference of two cells' mean tones at which the bonus is a factor of e smaller."""
PLACES: Final = ((0, 0), (1, 1), (0, 1), (1, 0))
"""The cells of a 2×2 block in the order of their turns; cells that touch least follow each other."""
NEIGHBOURS: Final = ((0, 1), (0, -1), (1, 0), (-1, 0))
DOWN, ACROSS = 2, 4
"""Rows and columns of padding around a page: 32 px, about the reach of the widest blur."""
LEAST_GAIN: Final = 1e-4

SHRINKS: Final = tuple(sorted({shrink for *_, shrink in DISTANCES}))

Glyphs = NDArray[np.int64]
Value = TypeVar("Value", np.float32, np.int64)


def refine(tone: Plane, glyphs: Glyphs, atlas: Atlas, sweeps: int) -> Glyphs:
    """A page that a generator chose, (rows, columns), improved; every cell may change once in each of `sweeps`.

    `tone` is (rows · 16, columns · 8) in [0, 1]. Its edge is replicated around it: else the outermost cells, beyond
    which nothing is seen, would get characters of their own.
    """
    tables = _tables_of(atlas)
    down, across = DOWN * CELL_HEIGHT, ACROSS * CELL_WIDTH
    tone = np.pad(tone, ((down, down), (across, across)), mode="edge")
    means, side = [tone], 1
    for shrink in SHRINKS:  # each from the one before: a mean of means
        means.append(block_means(means[-1], shrink // side, shrink // side))
        side = shrink
    bonuses = _bonuses(block_means(means[-1], CELL_HEIGHT // side, CELL_WIDTH // side))
    wanted = [mean * np.float32(densest(atlas.ink)) for mean in means[1:]]
    glyphs = np.pad(glyphs, ((DOWN, DOWN), (ACROSS, ACROSS)), mode="edge")
    for top, left in PLACES * sweeps:
        cells = slice(top, None, 2), slice(left, None, 2)
        costs = _costs(glyphs, cells, tables, wanted, bonuses)
        choice = costs.argmin(-1)
        best = np.take_along_axis(costs, choice[..., None], -1)[..., 0]
        glyphs[cells] = np.where(best < -LEAST_GAIN, choice, glyphs[cells])
    return glyphs[DOWN:-DOWN, ACROSS:-ACROSS]


Cells = tuple[slice, slice]
Tables = tuple[list[Plane], Plane]


def _costs(
    glyphs: Glyphs, cells: Cells, tables: Tables, wanted: list[Plane], bonuses: list[Plane]
) -> NDArray[np.float32]:
    """The change of the loss for each glyph in each of the `cells`, (rows, columns, N)."""
    books, swaps = tables
    standing = glyphs[cells]
    costs = swaps[standing]
    for shrink, book, aim in zip(SHRINKS, books, wanted, strict=True):
        _, height, width = book.shape
        shown = book[glyphs].swapaxes(1, 2).reshape(aim.shape)
        gradient = _quadratic_form(shown - aim, shrink)
        cut = gradient.reshape(glyphs.shape[0], height, glyphs.shape[1], width).swapaxes(1, 2)[cells]
        costs += cut.reshape(*standing.shape, -1) @ (2 * book.reshape(len(book), -1).T)
    padded = np.pad(glyphs, 1, mode="edge")
    rows, columns = np.ogrid[: standing.shape[0], : standing.shape[1]]
    for step, bonus in zip(NEIGHBOURS, bonuses, strict=True):
        costs[rows, columns, _shifted(padded, step)[cells]] -= bonus[cells]
    costs -= costs[rows, columns, standing][..., None]
    return costs


def _bonuses(means: Plane) -> list[Plane]:
    """For each neighbour of every cell, what being of its glyph takes off the cost."""
    padded = np.pad(means, 1, mode="edge")
    return [REPEAT_BONUS * np.exp(-(((_shifted(padded, step) - means) / EQUAL) ** 2)) for step in NEIGHBOURS]


def _shifted(padded: NDArray[Value], step: tuple[int, int]) -> NDArray[Value]:
    """The neighbour one step (down, right) from each cell; `padded` has one more cell on every side."""
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    return padded[1 + step[0] : 1 + step[0] + rows, 1 + step[1] : 1 + step[1] + columns]


def _quadratic_form(error: Plane, shrink: int) -> Plane:
    """The matrix of the loss times the error, (…, H, W), at 1/shrink of the resolution.

    A blur and its adjoint are one blur of √2 times the width, except at the page's edges.
    """
    unit = shrink**2 / 4
    sums = np.zeros_like(error)
    for sigma, weight, at in DISTANCES:
        if at == shrink:
            sums += np.float32(unit * weight) * blur(error, 2**0.5 * sigma / shrink)
    return sums


def _tables_of(atlas: Atlas) -> Tables:
    return _tables(atlas.ink.tobytes(), len(atlas.charset))


@lru_cache(maxsize=8)
def _tables(ink_bytes: bytes, count: int) -> Tables:
    """Glyphs at each resolution, and what each swap of two costs by itself, (N, N). By the ink's bytes: of an atlas
    there are as many copies as models loaded."""
    ink = np.frombuffer(ink_bytes, np.float32).reshape(count, CELL_HEIGHT, CELL_WIDTH)
    books, swaps = [], np.zeros((count, count), np.float32)
    for shrink in SHRINKS:
        small = block_means(ink, shrink, shrink)
        margin = int(4 * 2**0.5 * max(sigma for sigma, _, at in DISTANCES if at == shrink) / shrink) + 2
        alone = np.pad(small, ((0, 0), (margin, margin), (margin, margin)))
        gram = alone.reshape(count, -1) @ _quadratic_form(alone, shrink).reshape(count, -1).T
        square = gram.diagonal()
        swaps += square[:, None] + square[None] - 2 * gram
        books.append(small)
    return books, swaps + np.float32(PATTERN_PENALTY) * patterns(ink)
