"""Measures of a page of print beside similarity: edges, legibility, frames, and reading the characters back.

All take ink coverage (1, 1, H, W) in [0, 1] on the grid of 8×16 px cells and give one number per page. The
tone's edges come from Canny's detector and not from any baseline, so that no baseline is its own judge.
"""

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.baselines.per_cell import cells_of, log_polar
from models.blur import blur, slopes
from models.limits import MIN_STRENGTH

INKED: Final = 0.01
"""A cell counts as inked from this mean coverage on; the faintest glyph has twice that."""

FRAME_SHARE: Final = 0.01

EDGE_SIGMA: Final = 4.0
"""Blur before edges are sought, in px: half a cell's width, as finer ones are beyond a page of characters."""
EDGE_LOW, EDGE_HIGH = 0.08, 0.16
"""Canny's thresholds, as the height of the step in tone that makes such a slope."""


def frame(pages: list[Tensor]) -> float:
    """How much commoner a glyph is in the outermost columns of pages than inside; 1 is no frame.

    The largest ratio of shares, at least 1, over all glyphs that fill FRAME_SHARE of the outer cells; each page is
    (rows, columns) of glyphs.
    """
    if all(page.shape[1] < 3 for page in pages):
        return 1.0
    outer, inner = shares_at_the_sides(pages)
    common = outer >= FRAME_SHARE
    # A cell more inside: what stands nowhere else is not infinitely more.
    ratios = outer[common] / (inner[common] + 1 / sum(page[:, 1:-1].numel() for page in pages))
    return max(1.0, float(ratios.max())) if len(ratios) else 1.0


def shares_at_the_sides(pages: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Each glyph's share of the outermost columns of pages, (rows, columns) each, and of the columns between."""
    sides = torch.cat([page[:, [0, -1]].flatten() for page in pages])
    between = torch.cat([page[:, 1:-1].flatten() for page in pages])
    count = int(max(sides.max(), between.max())) + 1
    outer, inner = (torch.bincount(cells, minlength=count) / len(cells) for cells in (sides, between))
    return outer, inner


def edges(tone: Tensor) -> Tensor:
    """The edges of a tone as strokes about two px wide, 0 or 1, (1, 1, H, W). Canny 1986: the slope of the
    blurred tone, thinned to its ridges across the edge, kept by hysteresis between two thresholds."""
    across, down = slopes(tone, EDGE_SIGMA)
    slope = (across**2 + down**2).sqrt()
    ridge = torch.zeros_like(slope, dtype=torch.bool)
    sector = torch.round(torch.atan2(down, across) / (math.pi / 4)).long() % 4
    around = F.pad(slope, (1, 1, 1, 1))
    height, width = slope.shape[2:]
    for which, (y, x) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = around[..., 1 + y : 1 + y + height, 1 + x : 1 + x + width]
        behind = around[..., 1 - y : 1 - y + height, 1 - x : 1 - x + width]
        ridge |= (sector == which) & (slope >= ahead) & (slope > behind)
    step = slope * EDGE_SIGMA * math.sqrt(2 * math.pi)
    weak = (ridge & (step > EDGE_LOW)).to(tone.dtype)
    kept = weak * (step > EDGE_HIGH)
    while True:
        grown = F.max_pool2d(kept, 3, 1, 1) * weak
        if torch.equal(grown, kept):
            break
        kept = grown
    return F.max_pool2d(F.pad(kept, (1, 0, 1, 0)), 2, 1)


def edge_similarity(print_: Tensor, strokes: Tensor) -> float:
    """Alignment-insensitive shape similarity of print and strokes, averaged over cells; 1 is the same shape.

    AISS of Xu, Zhang and Wong, "Structure-based ASCII Art", ACM Transactions on Graphics 29(4), 2010: log-polar
    histograms of ink at a grid of points in each cell, compared point by point, so that a stroke may lie a
    little beside its place but not elsewhere, turned or resized. Two choices of ours: the dissimilarity is
    divided by that of shapes which share nothing (the paper divides by their grey), so that it runs from 0 to 1
    and stray ink gains nothing over none; and every cell counts that has ink on either side, so that clutter
    costs as much as gaps. 0 where there are none.
    """
    shapes = [cells_of(image)[0].flatten(0, 1) for image in (print_, strokes)]
    inked = (shapes[0].mean(-1) > INKED) | (shapes[1].mean(-1) > INKED)
    if not inked.any():
        return 0.0
    bins, points = log_polar()
    # Softened a little first, as the paper does, so that no bin's border decides.
    soft = [cells_of(blur(image, 1.0))[0].flatten(0, 1)[inked] for image in (print_, strokes)]
    ours, theirs = ((cells @ bins.T).view(len(cells), points, -1) for cells in soft)
    apart = (ours - theirs).norm(dim=-1).sum(-1)
    most = (ours.square().sum(-1) + theirs.square().sum(-1)).sqrt().sum(-1).clamp_min(1e-9)
    return float((1 - apart / most).mean())


def legibility(print_: Tensor, ink: Tensor) -> float:
    """How much inked cells look like characters: their best normalised cross-correlation with any glyph of
    `ink`, (N, 16, 8), averaged; 1 is print, blurred print has about 0.6. 0 where nothing is inked."""
    cells = cells_of(print_)[0].flatten(0, 1)
    cells = cells[cells.mean(-1) > INKED]
    if not len(cells):
        return 0.0
    book = ink.flatten(1)
    book = F.normalize(book[book.sum(1) > 0] - book[book.sum(1) > 0].mean(1, keepdim=True), dim=1)
    return float((F.normalize(cells - cells.mean(1, keepdim=True), dim=1) @ book.T).max(1).values.mean())


def read(print_: Tensor, ink: Tensor) -> Tensor:
    """The glyphs that a page shows, (rows, columns): per cell the nearest of `ink`, (N, 16, 8), by least squares.

    Whatever the strength of a cell's ink: a glyph is compared as strong as suits the cell best, at least
    MIN_STRENGTH.
    """
    cells, book = cells_of(print_)[0], ink.flatten(1)
    along, square = cells @ book.T, (book**2).sum(1)
    strength = (along / square.clamp_min(1e-6)).clamp(MIN_STRENGTH, 1)
    return (strength**2 * square - 2 * strength * along).argmin(-1)
