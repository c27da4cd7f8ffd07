"""Teachers: ways to choose glyphs that know the tone and take their time, for the generator to learn from.

`search` takes per cell the glyph whose blurred print is nearest the blurred tone. `climb` improves a whole
page: it changes a glyph where that raises the page's structural similarity, given all its neighbours.

How the climber is fast. One term of 1 − SSIM at a window w, with the mean's part l held, is
V(e)/D with e = seen print − seen tone, V a windowed variance, D = V(print) + V(tone) + C2. By Dinkelbach's
fractional programming (1967), lowering V(e) − λ·D, λ = V(e)/D, lowers the ratio; with λ and D frozen this is
quadratic in the print. So a swap's change is its gradient times (new glyph − old glyph) plus a curvature
that depends on the two glyphs alone (a table) and on one number per cell: every swap of every cell is
weighed by two matrix products. Swaps are then made in cells of a lattice, apart from each other. Starting
with less than the true curvature (a damping below 1) shakes a page out of a poor arrangement, and a good one out
of a good one: it is for pages that a rule has set, not for the generator's own.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.choose import price_of_sameness
from models.fidelity import C1, C2, blur, slopes
from models.shapes import log_polar

VIEWING_SIGMA: Final = 4.0
WINDOW_SIGMA: Final = 3.0
FAR_SIGMA: Final = 7.0
"""Blur on top of VIEWING_SIGMA for the tone seen from twice as far: sqrt(8² - 4²)."""
DARK_WEIGHT: Final = 8.0
"""What the far tone weighs where the picture is dark; elsewhere it is MIDDLE_WEIGHT. Dark fur must not come out in
patches, but light and middle tones may go blank where that shows the picture better."""
MIDDLE_WEIGHT: Final = 1.0
DARK_FROM: Final = 0.65
DARK_WITHIN: Final = 0.05
VARIETY: Final = 0.35
FREE_SHARE: Final = 0.03
RAMP: Final = " .,:irs?@9B&#"
RAMP_GCF: Final = 2
STROKE_SIGMA: Final = 3.0
STROKE_FLOOR: Final = 0.08
STROKE_GAIN: Final = 4.0
STROKE_INK: Final = 0.7
"""How dark the darkest stroke is: about as dark as a glyph's, or two are set where one would do."""
CREST: Final = 0.92
BARE: Final = 0.004
BLANK_GIFT: Final = 0.1
COARSE: Final = 4
LATTICE: Final = (2, 3)
DAMPING: Final = 0.6


def paint_ink(glyphs: Tensor, ink: Tensor) -> Tensor:
    """Glyph indices (B, rows, columns) to coverage (B, 1, rows · h, columns · w); `ink` is (N, h, w)."""
    # Looked up line by line of pixels, so that they land where they belong in one pass.
    height, width = ink.shape[1:]
    lines = glyphs[:, :, None] * height + torch.arange(height, device=glyphs.device)[:, None]
    return F.embedding(lines, ink.reshape(-1, width)).flatten(3).flatten(1, 2)[:, None]


def cells_of(image: Tensor, height: int = CELL_HEIGHT, width: int = CELL_WIDTH) -> Tensor:
    """Cut (B, 1, H, W) into cells, (B, rows, columns, height · width)."""
    batch, _, full_height, full_width = image.shape
    cut = image.reshape(batch, full_height // height, height, full_width // width, width)
    return cut.transpose(2, 3).flatten(3)


def distances(cells: Tensor, book: Tensor) -> Tensor:
    """Squared distance of every cell (…, P) to every glyph of `book` (N, P), (…, N), less the cell's own square."""
    return (book**2).sum(1) - 2.0 * cells @ book.T


def sharpen(tone: Tensor) -> Tensor:
    """Local contrast: unsharp masking by twice the band between σ 2 and σ 12 px, clipped to [0, 1]."""
    return (tone + 2.0 * (blur(tone, 2.0) - blur(tone, 12.0))).clamp(0.0, 1.0)


def search(tone: Tensor, ink: Tensor, sigma: float = 1.5) -> Tensor:
    """Per cell the glyph whose blurred print is nearest the blurred tone in least squares.

    `tone` (B, 1, H, W) in [0, 1], `ink` (N, 16, 8); returns (B, rows, columns) indices.
    """
    densest = float(ink.mean((1, 2)).max())
    book = _blurred_glyphs(ink, sigma)
    wanted = cells_of(blur(tone * 0.95 * densest, sigma))
    return distances(wanted, book).argmin(-1)


def search_varied(tone: Tensor, ink: Tensor, rounds: int = 12, price: float = 0.3) -> Tensor:
    """`search` with a variety prior: a glyph grows dearer while its share of the page is above FREE_SHARE.

    As `search`; `price` is in squared coverage, summed over a cell, for each unit of share and round.
    """
    densest = float(ink.mean((1, 2)).max())
    book = _blurred_glyphs(ink, 1.5)
    wanted = cells_of(blur(tone * 0.95 * densest, 1.5))
    costs = distances(wanted, book)
    dearness = torch.zeros(tone.shape[0], 1, 1, len(ink), device=tone.device)
    for _ in range(rounds):
        shares = F.one_hot((costs + dearness).argmin(-1).flatten(1), len(ink)).float().sum(1)
        shares[:, 0] = 0.0
        shares = shares / shares.sum(1, keepdim=True).clamp_min(1.0)
        dearness = dearness + price * (shares - FREE_SHARE).clamp_min(0.0)[:, None, None]
    return (costs + dearness).argmin(-1)


def ramp(tone: Tensor, charset: str, gamma: float = RAMP_GCF) -> Tensor:
    """The reference renderer's rule: per cell the character of RAMP for the mean tone to the power `gamma`.

    `tone` (B, 1, H, W) in [0, 1]; returns (B, rows, columns) indices into `charset`, which must hold RAMP.
    """
    steps = torch.tensor([charset.index(character) for character in RAMP], device=tone.device)
    means = F.avg_pool2d(tone, (CELL_HEIGHT, CELL_WIDTH))[:, 0].clamp(0.0, 1.0)
    return steps[(means**gamma * (len(RAMP) - 1)).long()]


def strokes(tone: Tensor) -> Tensor:
    """The lines a hand would draw, (B, 1, H, W) in [0, 1]: thin, where the blurred tone is steepest around.

    The crests of the slope, as in edge detection since Canny 1986, each as dark as its step in tone is high,
    less what is usual in its surroundings: so a contour stays and an even texture goes.
    """
    across, down = slopes(tone, STROKE_SIGMA)
    # Scaled to the height of the step in tone that would make such a slope.
    step = (across**2 + down**2).sqrt() * (STROKE_SIGMA * math.sqrt(2 * math.pi))
    crest = step * (step >= CREST * F.max_pool2d(step, 7, 1, 3))
    usual = F.interpolate(blur(F.avg_pool2d(crest, 4), 4.0), scale_factor=4.0, mode="bilinear")
    return STROKE_INK * torch.tanh(STROKE_GAIN * (crest - STROKE_FLOOR - 1.5 * usual).clamp_min(0.0))


def trace(tone: Tensor, ink: Tensor) -> tuple[Tensor, Tensor]:
    """Set the strokes of a tone: per cell the glyph whose shape is nearest that of the strokes there.

    Shapes are compared as in structure-based ASCII art (Xu et al. 2010), by log-polar histograms, which forgive a
    stroke that is a little off; here by their squares, which makes all glyphs of all cells two matrix products.
    Returns (B, rows, columns) indices and the cost of every glyph, (B, rows, columns, N), about 0 to 1.
    """
    form, book, theirs = _glyph_shapes(ink)
    cells = cells_of(blur(strokes(tone), 1.0))
    shapes = cells @ form
    both = (shapes * cells).sum(-1, keepdim=True) + theirs
    costs = (both - 2.0 * shapes @ book.T) / both.clamp_min(1e-6)
    # A cell with next to nothing in it stays blank, and others where no glyph is much like the strokes.
    bare = cells.mean(-1, keepdim=True) < BARE
    costs = torch.cat((costs[..., :1] - BLANK_GIFT, costs[..., 1:]), -1)
    costs = torch.where(bare, (torch.arange(len(ink), device=ink.device) > 0).to(costs), costs)
    return costs.argmin(-1), costs


@lru_cache(maxsize=8)
def _glyph_shapes(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The square form of the histograms' distance, (128, 128), the softened glyphs, (N, 128), and their squares."""
    bins = log_polar()[0].to(ink.device)
    form, book = bins.T @ bins, _blurred_glyphs(ink, 1.0)
    return form, book, ((book @ form) * book).sum(1)


def _blurred_glyphs(ink: Tensor, sigma: float) -> Tensor:
    """Each glyph blurred on blank paper and cut to its cell again, (N, 128)."""
    margin = (CELL_WIDTH, CELL_WIDTH, CELL_HEIGHT, CELL_HEIGHT)
    prints = blur(F.pad(ink[:, None], margin), sigma)
    return prints[:, 0, CELL_HEIGHT : 2 * CELL_HEIGHT, CELL_WIDTH : 2 * CELL_WIDTH].flatten(1)


def climb(
    tone: Tensor,
    glyphs: Tensor,
    ink: Tensor,
    sweeps: int,
    *,
    variety: float = VARIETY,
    shrink: int = COARSE,
    damping: float = DAMPING,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Improve whole pages from a start: about `sweeps` chances for every cell to change.

    `tone` (B, 1, H, W), `glyphs` (B, rows, columns); the loss is taken at 1/`shrink` of the resolution (4, or
    2: slower and finer) and given in sums over pixels of a quarter of it, whatever the `shrink`. `variety` is the
    price of a glyph for each factor of e in its share of the page (models.choose), `damping` the share of the true
    curvature in the first two thirds of the turns. Returns the better page and the cost of every alternative,
    (B, rows, columns, N), lower is better, 0 for the glyph that stands there.
    """
    small, curvature, far_curvature = _glyph_tables(ink, shrink)
    aim = _aim(tone, shrink)
    places = LATTICE[0] * LATTICE[1]
    shaken = sweeps * places * 2 // 3
    costs = torch.zeros(())
    for step in range(sweeps * places):
        bend = curvature * damping if step < shaken else curvature
        costs = _swap_costs(glyphs, small, bend, far_curvature, aim)
        costs = costs + _dearer(glyphs, len(ink), variety)
        if step % places == 0:
            order = torch.randperm(places, generator=generator).tolist()
        row, column = divmod(order[step % places], LATTICE[1])
        best, choice = costs.min(-1)
        turn = torch.zeros_like(best, dtype=torch.bool)
        turn[:, row :: LATTICE[0], column :: LATTICE[1]] = True
        glyphs = torch.where(turn & (best < -1e-4), choice, glyphs)
    costs = _swap_costs(glyphs, small, curvature, far_curvature, aim)
    return glyphs, costs + _dearer(glyphs, len(ink), variety)


@dataclass(frozen=True)
class _Aim:
    """What a page is to look like: the tone as seen from near and from far, (B, 1, H, W).

    `far_weight` is what a squared error of the far one costs at each pixel, `far_cells` its mean around each cell,
    (B, rows, columns).
    """

    tone: Tensor
    far_tone: Tensor
    far_weight: Tensor
    far_cells: Tensor


def _aim(tone: Tensor, shrink: int) -> _Aim:
    seen_tone = blur(F.avg_pool2d(tone, shrink), VIEWING_SIGMA / shrink)
    far_tone = blur(seen_tone, FAR_SIGMA / shrink)
    dark = torch.sigmoid((far_tone - DARK_FROM) / DARK_WITHIN)
    far_weight = MIDDLE_WEIGHT + (DARK_WEIGHT - MIDDLE_WEIGHT) * dark
    around = F.avg_pool2d(blur(far_weight, FAR_SIGMA / shrink), (CELL_HEIGHT // shrink, CELL_WIDTH // shrink))
    return _Aim(seen_tone, far_tone, far_weight, around[:, 0])


def _swap_costs(glyphs: Tensor, small: Tensor, curvature: Tensor, far_curvature: Tensor, aim: _Aim) -> Tensor:
    """Predicted change of the summed 1 − SSIM for each glyph in each cell, (B, rows, columns, N)."""
    tone, size = aim.tone, (small.shape[1], small.shape[2])
    shrink = CELL_WIDTH // size[1]
    sigma, window, far_sigma = VIEWING_SIGMA / shrink, WINDOW_SIGMA / shrink, FAR_SIGMA / shrink
    with torch.enable_grad():
        page = paint_ink(glyphs, small).requires_grad_()
        seen = blur(page, sigma)
        mean_p, mean_t = seen.detach().mean((1, 2, 3), keepdim=True), tone.mean((1, 2, 3), keepdim=True)
        spread = seen.detach() - mean_p
        slope = (spread * (tone - mean_t)).mean((1, 2, 3), keepdim=True)
        slope = slope / (spread**2).mean((1, 2, 3), keepdim=True).clamp_min(1e-6)
        shown = slope * (seen - mean_p) + mean_t
        moments = blur(torch.cat((shown, tone, shown**2, tone**2, shown * tone), 1), window)
        mean_a, mean_b, square_a, square_b, product = moments.chunk(5, 1)
        variance = square_a - mean_a**2 + square_b - mean_b**2 + C2
        luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
        structure = (2 * (product - mean_a * mean_b) + C2) / variance
        # From further away: dark stays dark, which structure alone would give up for an even surface.
        far = aim.far_weight * (blur(shown, far_sigma) - aim.far_tone) ** 2
        # The luminance is a weight here and no aim: over bare paper it is so steep (C1 = 0.0001) that its slope
        # says nothing about a whole glyph, and pages followed it into ruin. The far tone does its work.
        (slopes,) = torch.autograd.grad((1 - luminance.detach() * structure).sum() + far.sum(), page)
    weight = (luminance * structure.clamp_min(0.2) / variance).detach()
    weight = F.avg_pool2d(blur(weight, sigma), size)[:, 0] * slope[:, 0] ** 2
    far_cells = aim.far_cells * slope[:, 0] ** 2
    along = cells_of(slopes, *size) @ small.flatten(1).T
    standing = along.gather(-1, glyphs[..., None])
    bend = weight[..., None] * curvature[glyphs] + far_cells[..., None] * far_curvature[glyphs]
    return (along - standing + bend) * (shrink / COARSE) ** 2


def _dearer(glyphs: Tensor, count: int, variety: float) -> Tensor:
    """What each glyph costs more than the one that stands there, for being common on the page already."""
    price = price_of_sameness(glyphs.flatten(1), count, variety)
    standing = price.gather(1, glyphs.flatten(1)).view(*glyphs.shape, 1)
    return price[:, None, None, :] - standing


@lru_cache(maxsize=8)
def _glyph_tables(ink: Tensor, shrink: int) -> tuple[Tensor, Tensor, Tensor]:
    """The shrunken glyphs, and for every pair two energies of their seen difference: windowed, and twice the far.

    Kept per tensor: a training run has one atlas.
    """
    small = F.avg_pool2d(ink[:, None], shrink)
    sigma, window = VIEWING_SIGMA / shrink, WINDOW_SIGMA / shrink
    margin = int(6 * sigma) + int(4 * FAR_SIGMA / shrink) + 4
    seen = blur(F.pad(small, (margin,) * 4), sigma)
    local = seen - blur(blur(seen, window), window)
    far = blur(seen, FAR_SIGMA / shrink)
    # Neighbours that change in the same turn pull the far tone together, hence twice its own curvature.
    return small[:, 0], _energies(seen, local), 2 * _energies(far, far)


def _energies(prints: Tensor, weighted: Tensor) -> Tensor:
    """The quadratic form of each pair's difference, (N, N): (a - b)·W(a - b), `weighted` being W applied."""
    gram = prints.flatten(1) @ weighted.flatten(1).T
    square = gram.diagonal()
    return square[:, None] + square[None] - 2 * gram


def join_cells(cells: Tensor) -> Tensor:
    """Cells (B, rows, columns, h, w) to one image, (B, 1, rows · h, columns · w)."""
    batch, rows, columns, height, width = cells.shape
    return cells.transpose(2, 3).reshape(batch, 1, rows * height, columns * width)
