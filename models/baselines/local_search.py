"""The climber: it improves a whole page, one glyph at a time, given all neighbours, which no rule per cell can do.

What a page is worth, lower is better, is how far its print is from the tone, seen from three distances at once: the
squared error after a Gaussian blur, summed. Full black is the densest glyph, and there is no other fit of print to
tone. Two prices keep an even area one calm texture: a glyph costs what it leaves of itself, as a pattern, when a
whole area of it is seen from afar, and less where a neighbour of about the same tone is the same glyph.

How it is fast. The error is quadratic in the print, so a swap of glyphs changes it by the slope times (new - old)
and by a curvature that depends on the two glyphs alone (a table): every swap of every cell is weighed by two matrix
products. Swaps are then made in cells of a lattice, apart from each other.
"""

from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.baselines.per_cell import cells_of, densest, paint_ink, patterns
from models.quality.fidelity import blur

DISTANCES: Final = ((1.5, 1.0, 2), (4.0, 1.0, 4), (8.0, 1.0, 4))
"""Blur in px, what a squared error seen with it weighs, and the part of the resolution at which it is taken."""
PATTERN_PRICE: Final = 0.12
CALM_PRICE: Final = 0.05
"""What a neighbour of the same glyph takes off a glyph's cost, if their tones are equal."""
EQUAL: Final = 0.06
"""By how much two cells' mean tones may differ until that is worth a factor of e less."""
PLACES: Final = ((0, 0), (1, 1), (0, 1), (1, 0))
"""The cells of a 2×2 block in the order of their turns, the two that touch least one after the other."""
NEIGHBOURS: Final = ((0, 1), (0, -1), (1, 0), (-1, 0))
DOWN, ACROSS = 2, 4
"""Rows and columns by which a page is continued beyond its edges: 32 px, about what the farthest blur reaches."""
LEAST_GAIN: Final = 1e-4

_SHRINKS: Final = tuple(sorted({shrink for *_, shrink in DISTANCES}))
_ALL: Final = (slice(None), slice(None), slice(None))
_INSIDE: Final = (slice(None), slice(DOWN, -DOWN), slice(ACROSS, -ACROSS))


def climb(tone: Tensor, glyphs: Tensor, ink: Tensor, sweeps: int) -> tuple[Tensor, Tensor]:
    """Improve whole pages from a start: `sweeps` chances for every cell to change.

    `tone` (B, 1, H, W) in [0, 1], `glyphs` (B, rows, columns), `ink` (N, 16, 8). Returns the better page and the
    cost of every alternative, (B, rows, columns, N), lower is better, 0 for the glyph that stands there; a cost is
    a squared error of coverage, summed over the page in units of 2×2 px.
    """
    page = _Page(_continued(tone), ink)
    glyphs = page.improve(_around(glyphs, DOWN, ACROSS), sweeps)
    return glyphs[_INSIDE], page.costs(glyphs, _INSIDE)


def proof(tone: Tensor, glyphs: Tensor, ink: Tensor, sweeps: int) -> Tensor:
    """The pages a generator chose, (B, rows, columns), mended where that shows the tone better; see `climb`."""
    if not sweeps:
        return glyphs
    return _Page(_continued(tone), ink).improve(_around(glyphs, DOWN, ACROSS), sweeps)[_INSIDE]


def _continued(tone: Tensor) -> Tensor:
    """The tone with DOWN rows and ACROSS columns of cells more on either side, each as the outermost pixel.

    A page's outermost cells would else be a frame of other characters, as nothing beyond them is seen.
    """
    down, across = DOWN * CELL_HEIGHT, ACROSS * CELL_WIDTH
    return F.pad(tone, (across, across, down, down), mode="replicate")


def _around(glyphs: Tensor, down: int, across: int) -> Tensor:
    """The glyphs, (B, rows, columns), with so many rows and columns more on either side, as the outermost ones."""
    return F.pad(glyphs[:, None].float(), (across, across, down, down), mode="replicate")[:, 0].long()


class _Page:
    """A tone and the glyphs to set it in, and what any page of them is worth."""

    def __init__(self, tone: Tensor, ink: Tensor) -> None:
        self._small, self._curvature, self._prices = _glyph_tables(ink)
        self._wanted = [F.avg_pool2d(tone * densest(ink), shrink) for shrink in _SHRINKS]
        mean = F.avg_pool2d(tone, (CELL_HEIGHT, CELL_WIDTH))
        around = F.pad(mean, (1, 1, 1, 1), mode="replicate")[:, 0]
        self._calm = [
            CALM_PRICE * torch.exp(-(((_shifted(around, step) - mean[:, 0]) / EQUAL) ** 2)) for step in NEIGHBOURS
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
        costs = self._curvature[standing] + self._prices
        for shrink, small, wanted in zip(_SHRINKS, self._small, self._wanted, strict=True):
            slope = 2 * _weighed(paint_ink(glyphs, small) - wanted, shrink)
            costs += cells_of(slope, *small.shape[1:])[cells] @ small.flatten(1).T
        around = _around(glyphs, 1, 1)
        for step, calm in zip(NEIGHBOURS, self._calm, strict=True):
            costs.scatter_add_(-1, _shifted(around, step)[cells][..., None], -calm[cells][..., None])
        return costs - costs.gather(-1, standing[..., None])


def _shifted(around: Tensor, step: tuple[int, int]) -> Tensor:
    """What stands a step (down, right) from each cell; `around` is (B, 1 + rows + 1, 1 + columns + 1)."""
    rows, columns = around.shape[1] - 2, around.shape[2] - 2
    return around[:, 1 + step[0] : 1 + step[0] + rows, 1 + step[1] : 1 + step[1] + columns]


def _weighed(missed: Tensor, shrink: int) -> Tensor:
    """The square form of the error: its product with the error is what is missed, seen from afar.

    That is from all distances at which the error is taken at 1/shrink of the resolution. A blur and its adjoint are
    one blur of √2 times the width, but for the page's edges.
    """
    unit = shrink**2 / 4
    seen = [
        unit * weight * blur(missed, 2**0.5 * sigma / shrink) for sigma, weight, at in DISTANCES if at == shrink
    ]
    return torch.stack(seen).sum(0)


@lru_cache(maxsize=8)
def _glyph_tables(ink: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
    """Glyphs at each resolution, what each swap of two bends the error by, (N, N), and each glyph's price, (N,).

    Kept per tensor, of which a training run or a loaded model has one: the last few models' tables stay behind.
    """
    glyphs, curvature = [], torch.zeros(len(ink), len(ink), device=ink.device)
    for shrink in _SHRINKS:
        small = F.avg_pool2d(ink[:, None], shrink)
        margin = int(4 * 2**0.5 * max(sigma for sigma, _, at in DISTANCES if at == shrink) / shrink) + 2
        alone = F.pad(small, (margin,) * 4)
        gram = alone.flatten(1) @ _weighed(alone, shrink).flatten(1).T
        square = gram.diagonal()
        curvature += square[:, None] + square[None] - 2 * gram
        glyphs.append(small[:, 0])
    return glyphs, curvature, PATTERN_PRICE * patterns(ink)
