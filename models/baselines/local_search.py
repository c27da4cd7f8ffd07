"""Local search: improve a whole page one glyph at a time, given all of its neighbours.

The loss of a page, lower is better, is how far its print is from the tone at three viewing distances at once: the
sum of the squared errors after a Gaussian blur. Black is the densest glyph; print is not fitted to tone otherwise.
Two penalties keep an even area one calm texture. A glyph costs what shows of it as a pattern where a whole area of
it is seen from afar, and less where a neighbour of about the same tone is the same glyph.

The error is quadratic in the print. So a swap of glyphs changes it by the gradient times (new - old) and by a
curvature that depends on the two glyphs alone (a table), and two matrix products price every swap of every cell.
Swaps are then made in a lattice of cells that are apart from each other. models.arrays.refinement has the numbers,
and the same for one page on arrays.
"""

from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.arrays.refinement import (
    ACROSS,
    DISTANCES,
    DOWN,
    EQUAL,
    LEAST_GAIN,
    NEIGHBOURS,
    PATTERN_PENALTY,
    PLACES,
    REPEAT_BONUS,
    SHRINKS,
)
from models.atlas import CELL_HEIGHT, CELL_WIDTH, densest
from models.baselines.per_cell import cells_of, paint_ink, patterns
from models.blur import blur

SWEEPS: Final = 6
"""Sweeps where the result is a page of its own, not a training target."""
_ALL: Final = (slice(None), slice(None), slice(None))
_INSIDE: Final = (slice(None), slice(DOWN, -DOWN), slice(ACROSS, -ACROSS))


def local_search(tone: Tensor, glyphs: Tensor, ink: Tensor, sweeps: int) -> tuple[Tensor, Tensor]:
    """Improve whole pages from a start; every cell may change once in each of `sweeps`.

    `tone` (B, 1, H, W) in [0, 1], `glyphs` (B, rows, columns), `ink` (N, 16, 8). Returns the better page and the
    cost of every alternative, (B, rows, columns, N), lower is better, 0 for the glyph that stands there; a cost is
    a squared error of coverage, summed over the page in units of 2×2 px.
    """
    page = _Page(_padded_tone(tone), ink)
    glyphs = page.improve(_padded(glyphs, DOWN, ACROSS), sweeps)
    return glyphs[_INSIDE], page.costs(glyphs, _INSIDE)


def refine(tone: Tensor, glyphs: Tensor, ink: Tensor, sweeps: int) -> Tensor:
    """The pages that a generator chose, (B, rows, columns), improved by `local_search`."""
    if not sweeps:
        return glyphs
    return _Page(_padded_tone(tone), ink).improve(_padded(glyphs, DOWN, ACROSS), sweeps)[_INSIDE]


def _padded_tone(tone: Tensor) -> Tensor:
    """The tone with DOWN rows and ACROSS columns of cells on every side, replicated from its edge.

    Without them the outermost cells, beyond which nothing is seen, would get characters of their own: a frame.
    """
    down, across = DOWN * CELL_HEIGHT, ACROSS * CELL_WIDTH
    return F.pad(tone, (across, across, down, down), mode="replicate")


def _padded(glyphs: Tensor, down: int, across: int) -> Tensor:
    """The glyphs, (B, rows, columns), with rows and columns on every side, replicated from the edge."""
    return F.pad(glyphs[:, None].float(), (across, across, down, down), mode="replicate")[:, 0].long()


class _Page:
    """A tone, the glyphs to show it with, and the loss of any page of them."""

    def __init__(self, tone: Tensor, ink: Tensor) -> None:
        self._small, self._curvature, self._penalties = _glyph_tables(ink)
        self._wanted = [F.avg_pool2d(tone * densest(ink), shrink) for shrink in SHRINKS]
        mean = F.avg_pool2d(tone, (CELL_HEIGHT, CELL_WIDTH))
        padded = F.pad(mean, (1, 1, 1, 1), mode="replicate")[:, 0]
        self._bonuses = [
            REPEAT_BONUS * torch.exp(-(((_shifted(padded, step) - mean[:, 0]) / EQUAL) ** 2)) for step in NEIGHBOURS
        ]

    def improve(self, glyphs: Tensor, sweeps: int) -> Tensor:
        """The page after `sweeps` turns of every cell."""
        for place in PLACES * sweeps:
            cells = (slice(None), slice(place[0], None, 2), slice(place[1], None, 2))
            best, choice = self.costs(glyphs, cells).min(-1)
            changed = glyphs.clone()
            changed[cells] = torch.where(best < -LEAST_GAIN, choice, glyphs[cells])
            glyphs = changed
        return glyphs

    def costs(self, glyphs: Tensor, cells: tuple[slice, ...] = _ALL) -> Tensor:
        """The change of the loss for each glyph in each of the `cells`, (B, rows, columns, N)."""
        standing = glyphs[cells]
        costs = self._curvature[standing] + self._penalties
        for shrink, small, wanted in zip(SHRINKS, self._small, self._wanted, strict=True):
            gradient = 2 * _quadratic_form(paint_ink(glyphs, small) - wanted, shrink)
            costs += cells_of(gradient, *small.shape[1:])[cells] @ small.flatten(1).T
        padded = _padded(glyphs, 1, 1)
        for step, bonus in zip(NEIGHBOURS, self._bonuses, strict=True):
            costs.scatter_add_(-1, _shifted(padded, step)[cells][..., None], -bonus[cells][..., None])
        return costs - costs.gather(-1, standing[..., None])


def _shifted(padded: Tensor, step: tuple[int, int]) -> Tensor:
    """The neighbour one step (down, right) from each cell; `padded` is (B, 1 + rows + 1, 1 + columns + 1)."""
    rows, columns = padded.shape[1] - 2, padded.shape[2] - 2
    return padded[:, 1 + step[0] : 1 + step[0] + rows, 1 + step[1] : 1 + step[1] + columns]


def _quadratic_form(error: Tensor, shrink: int) -> Tensor:
    """The matrix of the loss times the error, so that its product with the error is the loss.

    Covers the distances whose error is taken at 1/shrink of the resolution. A blur and its adjoint are one blur of
    √2 times the width, except at the page's edges.
    """
    unit = shrink**2 / 4
    seen = [unit * weight * blur(error, 2**0.5 * sigma / shrink) for sigma, weight, at in DISTANCES if at == shrink]
    return torch.stack(seen).sum(0)


@lru_cache(maxsize=8)
def _glyph_tables(ink: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
    """Glyphs at each resolution, the curvature of each swap, (N, N), and each glyph's penalty, (N,).

    Cached per tensor, of which a training run or a loaded model has one.
    """
    glyphs, curvature = [], torch.zeros(len(ink), len(ink), device=ink.device)
    for shrink in SHRINKS:
        small = F.avg_pool2d(ink[:, None], shrink)
        margin = int(4 * 2**0.5 * max(sigma for sigma, _, at in DISTANCES if at == shrink) / shrink) + 2
        alone = F.pad(small, (margin,) * 4)
        gram = alone.flatten(1) @ _quadratic_form(alone, shrink).flatten(1).T
        square = gram.diagonal()
        curvature += square[:, None] + square[None] - 2 * gram
        glyphs.append(small[:, 0])
    return glyphs, curvature, PATTERN_PENALTY * patterns(ink)
