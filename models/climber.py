"""The climber: it improves a whole page by its structural similarity to the tone, one glyph at a time.

It changes a glyph where that raises the similarity, given all its neighbours, which no rule per cell can do. Long
climbs make the generator's lessons (`climb`); a short one mends what the generator, answering everywhere at once,
could not know of its own answers next door (`proof`), as a printer reads a proof before the page is printed.

How it is fast. One term of 1 − SSIM at a window w, with the mean's part l held, is
V(e)/D with e = seen print − seen tone, V a windowed variance, D = V(print) + V(tone) + C2. By Dinkelbach's
fractional programming (1967), lowering V(e) − λ·D, λ = V(e)/D, lowers the ratio; with λ and D frozen this is
quadratic in the print. So a swap's change is its gradient times (new glyph − old glyph) plus a curvature
that depends on the two glyphs alone (a table) and on one number per cell: every swap of every cell is
weighed by two matrix products. Swaps are then made in cells of a lattice, apart from each other. Starting
with less than the true curvature (a damping below 1) shakes a page out of a poor arrangement, and a good one out
of a good one: it is for pages that a rule has set, not for the generator's own.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.choose import price_of_sameness
from models.fidelity import C1, C2, blur, blur_back
from models.teachers import cells_of, paint_ink

VIEWING_SIGMA: Final = 4.0
WINDOW_SIGMA: Final = 3.0
FAR_SIGMA: Final = 7.0
"""Blur on top of VIEWING_SIGMA for the tone seen from twice as far: about sqrt(8² - 4²)."""
DARK_WEIGHT: Final = 8.0
"""What the far tone weighs where the picture is dark; elsewhere it is LIGHT_WEIGHT. Dark fur must not come out in
patches, but light and middle tones may go blank where that shows the picture better."""
LIGHT_WEIGHT: Final = 0.25
DARK_FROM: Final = 0.65
DARK_WITHIN: Final = 0.05
VARIETY: Final = 0.35
SHRINK: Final = 2
"""The loss is taken at 1/SHRINK of the resolution: at a quarter a climb ends below what the generator can do."""
PLACES: Final = ((0, 0), (1, 1), (0, 1), (1, 0))
"""The cells of a 2×2 block in the order of their turns, the two that touch least one after the other."""
DAMPING: Final = 0.6
LEAST_GAIN: Final = 1e-4
BLANK: Final = 0

_ALL: Final = (slice(None), slice(None), slice(None))


def climb(
    tone: Tensor,
    glyphs: Tensor,
    ink: Tensor,
    sweeps: int,
    *,
    variety: float = VARIETY,
    damping: float = DAMPING,
) -> tuple[Tensor, Tensor]:
    """Improve whole pages from a start: `sweeps` chances for every cell to change.

    `tone` (B, 1, H, W), `glyphs` (B, rows, columns). `variety` is the price of a glyph for each factor of e in its
    share of the page (models.choose), `damping` the share of the true curvature in the first two thirds of the
    turns. Returns the better page and the cost of every alternative, (B, rows, columns, N), lower is better, 0 for
    the glyph that stands there; a cost is a change of 1 − SSIM, summed over the page in units of 4×4 px.
    """
    page = _Page(tone, ink, variety)
    glyphs = page.improve(glyphs, sweeps, damping)
    return glyphs, page.costs(glyphs)


def proof(tone: Tensor, glyphs: Tensor, ink: Tensor, sweeps: int, variety: float) -> Tensor:
    """The pages that a generator chose, (B, rows, columns), mended where that shows the tone better.

    `tone` (B, 1, H, W), `ink` (N, 16, 8). `variety` is the price in this module's costs. What is given is the one
    in logits by which the page was chosen (models.choose): the units are near enough, as a lesson's logits are its
    costs over a temperature of about 1, and one number then says how various a style's pages are.
    """
    return _Page(tone, ink, variety).improve(glyphs, sweeps, damping=1.0) if sweeps else glyphs


@dataclass(frozen=True)
class _Aim:
    """What a page is to look like: the tone as seen from near and from far, (B, 1, H / SHRINK, W / SHRINK).

    `window_mean` and `window_variance` are the near one's, `far_weight` is what a squared error of the far one
    costs at each pixel, `far_cells` its mean around each cell, (B, rows, columns).
    """

    tone: Tensor
    window_mean: Tensor
    window_variance: Tensor
    far_tone: Tensor
    far_weight: Tensor
    far_cells: Tensor


_SIGMA: Final = VIEWING_SIGMA / SHRINK
_WINDOW: Final = WINDOW_SIGMA / SHRINK
_FAR: Final = FAR_SIGMA / SHRINK
_CELL: Final = (CELL_HEIGHT // SHRINK, CELL_WIDTH // SHRINK)
_UNIT: Final = SHRINK**2 / 16


def _aim(tone: Tensor) -> _Aim:
    near = blur(F.avg_pool2d(tone, SHRINK), _SIGMA)
    mean = blur(near, _WINDOW)
    far = blur(near, _FAR)
    weight = LIGHT_WEIGHT + (DARK_WEIGHT - LIGHT_WEIGHT) * torch.sigmoid((far - DARK_FROM) / DARK_WITHIN)
    around = F.avg_pool2d(blur(weight, _FAR), _CELL)
    return _Aim(near, mean, blur(near**2, _WINDOW) - mean**2, far, weight, around[:, 0])


class _Page:
    """A tone and the glyphs to set it in, and what any page of them is worth."""

    def __init__(self, tone: Tensor, ink: Tensor, variety: float) -> None:
        self._aim, self._tables, self._variety = _aim(tone), _glyph_tables(ink), variety

    def improve(self, glyphs: Tensor, sweeps: int, damping: float) -> Tensor:
        """The page after `sweeps` turns of every cell, the first two thirds of them with the damped curvature."""
        turns = PLACES * sweeps
        shaken = len(turns) * 2 // 3
        for step, place in enumerate(turns):
            glyphs = self._turn(glyphs, place, damping if step < shaken else 1.0)
        return glyphs

    def _turn(self, glyphs: Tensor, place: tuple[int, int], damping: float) -> Tensor:
        """The page after the cells at one place of every 2×2 block took what is best as the rest stands."""
        cells = (slice(None), slice(place[0], None, 2), slice(place[1], None, 2))
        best, choice = self.costs(glyphs, cells, damping).min(-1)
        changed = glyphs.clone()
        changed[cells] = torch.where(best < -LEAST_GAIN, choice, glyphs[cells])
        return changed

    def costs(self, glyphs: Tensor, cells: tuple[slice, ...] = _ALL, damping: float = 1.0) -> Tensor:
        """Predicted change of the loss for each glyph in each of the `cells`, (B, rows, columns, N)."""
        aim, (small, curvature, far_curvature) = self._aim, self._tables
        seen = blur(paint_ink(glyphs, small), _SIGMA)
        spread = seen - seen.mean((1, 2, 3), keepdim=True)
        slope = (spread * aim.tone).mean((1, 2, 3), keepdim=True)
        slope = slope / (spread**2).mean((1, 2, 3), keepdim=True).clamp_min(1e-6)
        shown = slope * spread + aim.tone.mean((1, 2, 3), keepdim=True)
        mean, square, product = blur(shown, _WINDOW), blur(shown**2, _WINDOW), blur(shown * aim.tone, _WINDOW)
        variance = square - mean**2 + aim.window_variance + C2
        # The luminance is a weight here and no aim: over bare paper it is so steep (C1 = 0.0001) that its slope
        # says nothing about a whole glyph, and pages followed it into ruin. The far tone does its work.
        luminance = (2 * mean * aim.window_mean + C1) / (mean**2 + aim.window_mean**2 + C1)
        structure = (2 * (product - mean * aim.window_mean) + C2) / variance
        # How fast luminance · (1 - structure) rises with the shown page at each pixel, by its windowed mean, square
        # and product with the tone: written out, as pages are proofread where PyTorch keeps no gradients.
        share = luminance / variance
        rise = blur_back(2 * share * (aim.window_mean - structure * mean), _WINDOW)
        rise += 2 * shown * blur_back(share * structure, _WINDOW)
        rise -= 2 * aim.tone * blur_back(share, _WINDOW)
        # From further away: dark stays dark, which structure alone would give up for an even surface.
        rise += 2 * blur_back(aim.far_weight * (blur(shown, _FAR) - aim.far_tone), _FAR)
        by_pixel = slope * blur_back(rise, _SIGMA)
        bend = F.avg_pool2d(blur(share * structure.clamp_min(0.2), _SIGMA), _CELL)[:, 0] * slope[:, 0] ** 2
        far_bend = aim.far_cells * slope[:, 0] ** 2
        standing = glyphs[cells]
        along = cells_of(by_pixel, *_CELL)[cells] @ small.flatten(1).T
        along = along - along.gather(-1, standing[..., None])
        along = torch.addcmul(along, (damping * bend[cells])[..., None], curvature[standing])
        along = torch.addcmul(along, far_bend[cells][..., None], far_curvature[standing])
        return along * _UNIT + self._dearer(glyphs, standing)

    def _dearer(self, glyphs: Tensor, standing: Tensor) -> Tensor:
        """What each glyph costs more than the one that stands there, for being common on the page already.

        A cell gains nothing by being inked or blanked: else rare glyphs would be strewn over white paper, where
        nothing else speaks against them.
        """
        count = len(self._tables[0])
        price = price_of_sameness(glyphs.flatten(1), count, self._variety)[:, None, None].expand(
            *standing.shape, count
        )
        theirs = price.gather(-1, standing[..., None])
        dearer = torch.where(standing[..., None] == BLANK, price.clamp_min(0.0), price - theirs)
        dearer[..., BLANK] = 0.0
        return dearer


@lru_cache(maxsize=8)
def _glyph_tables(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The shrunken glyphs, and for every pair two energies of their seen difference: windowed, and twice the far.

    Kept per tensor, of which a training run or a loaded model has one: the last few models' tables stay behind.
    """
    small = F.avg_pool2d(ink[:, None], SHRINK)
    margin = int(6 * _SIGMA) + int(4 * _FAR) + 4
    seen = blur(F.pad(small, (margin,) * 4), _SIGMA)
    local = seen - blur(blur(seen, _WINDOW), _WINDOW)
    far = blur(seen, _FAR)
    # Neighbours that change in the same turn pull the far tone together, hence twice its own curvature.
    return small[:, 0], _energies(seen, local), 2 * _energies(far, far)


def _energies(prints: Tensor, weighted: Tensor) -> Tensor:
    """The quadratic form of each pair's difference, (N, N): (a - b)·W(a - b), `weighted` being W applied."""
    gram = prints.flatten(1) @ weighted.flatten(1).T
    square = gram.diagonal()
    return square[:, None] + square[None] - 2 * gram
