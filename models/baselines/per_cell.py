"""Baselines per cell: rules that choose each glyph by itself.

`search` takes the glyph whose blurred print is nearest to the blurred tone, `shade` the one that is nearest in an
area of itself, `ramp` the one of that darkness, `trace` the one of the strokes' shape. They are targets and
starting points in training and rows in the evaluation. models.baselines.local_search improves a whole page.
"""

import math
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.arrays.areas import CELL_SIGMA, MEAN_WEIGHT, PATTERN_SIGMA, SHADE_PATTERN_PENALTY
from models.atlas import CELL_HEIGHT, CELL_WIDTH, densest
from models.blur import blur, slopes

RAMP: Final = " .,:irs?@9B&#"
RAMP_GCF: Final = 2
STROKE_SIGMA: Final = 3.0
STROKE_FLOOR: Final = 0.08
STROKE_GAIN: Final = 4.0
STROKE_INK: Final = 0.7
"""Ink of the darkest stroke: about that of a glyph's, or two would be set where one is enough."""
CREST: Final = 0.92
EMPTY: Final = 0.004
BLANK_BONUS: Final = 0.1
RADIAL_BINS: Final = 5
ANGULAR_BINS: Final = 12


def paint_ink(glyphs: Tensor, ink: Tensor) -> Tensor:
    """Glyph indices (B, rows, columns) to coverage (B, 1, rows · h, columns · w); `ink` is (N, h, w)."""
    # Looked up by lines of pixels, so that one pass puts them in place.
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


def search(tone: Tensor, ink: Tensor) -> Tensor:
    """Per cell the glyph whose blurred print is nearest the blurred tone in least squares.

    `tone` (B, 1, H, W) in [0, 1], `ink` (N, 16, 8); returns (B, rows, columns) indices.
    """
    book = _blurred_glyphs(ink, CELL_SIGMA)
    wanted = cells_of(blur(tone * 0.95 * densest(ink), CELL_SIGMA))
    return distances(wanted, book).argmin(-1)


def shade(tone: Tensor, ink: Tensor) -> Tensor:
    """As `search`, but each glyph is blurred in an area of itself, and mean tone and visible patterns count too.

    An even area is set in one glyph: blurred there, not alone on blank paper, the glyph shows the darkness and the
    pattern that a reader will see.
    """
    full = densest(ink)
    costs = distances(cells_of(blur(tone * full, CELL_SIGMA)), _tiled(ink, CELL_SIGMA))
    wanted = F.avg_pool2d(tone * full, (CELL_HEIGHT, CELL_WIDTH))[:, 0, ..., None]
    costs += MEAN_WEIGHT * (ink.mean((1, 2)) - wanted) ** 2 + SHADE_PATTERN_PENALTY * patterns(ink)
    return costs.argmin(-1)


def patterns(ink: Tensor) -> Tensor:
    """How much of a pattern an area of each glyph shows from afar, (N,): the blurred cell's squared deviation."""
    seen = _tiled(ink, PATTERN_SIGMA)
    return ((seen - seen.mean(1, keepdim=True)) ** 2).sum(1)


def ramp(tone: Tensor, charset: str, gamma: float = RAMP_GCF) -> Tensor:
    """The reference renderer's rule: the character of RAMP for the mean tone to the power `gamma`.

    `tone` (B, 1, H, W) in [0, 1]; returns (B, rows, columns) indices into `charset`, which must hold RAMP.
    """
    steps = torch.tensor([charset.index(character) for character in RAMP], device=tone.device)
    means = F.avg_pool2d(tone, (CELL_HEIGHT, CELL_WIDTH))[:, 0].clamp(0.0, 1.0)
    return steps[(means**gamma * (len(RAMP) - 1)).long()]


def strokes(tone: Tensor) -> Tensor:
    """The lines of a drawing, (B, 1, H, W) in [0, 1]: thin, where the blurred tone is locally steepest.

    Ridges of the slope, as in edge detection since Canny 1986, each as dark as its step in tone is high, less the
    local average: so a contour stays and an even texture goes.
    """
    across, down = slopes(tone, STROKE_SIGMA)
    # Scaled to the height of the step in tone that would make such a slope.
    step = (across**2 + down**2).sqrt() * (STROKE_SIGMA * math.sqrt(2 * math.pi))
    crest = step * (step >= CREST * F.max_pool2d(step, 7, 1, 3))
    average = F.interpolate(blur(F.avg_pool2d(crest, 4), 4.0), scale_factor=4.0, mode="bilinear")
    return STROKE_INK * torch.tanh(STROKE_GAIN * (crest - STROKE_FLOOR - 1.5 * average).clamp_min(0.0))


def trace(tone: Tensor, ink: Tensor) -> tuple[Tensor, Tensor]:
    """Per cell the glyph whose shape is nearest to that of the tone's strokes.

    Shapes are compared as in structure-based ASCII art (Xu et al. 2010), by log-polar histograms, which tolerate a
    stroke that is a little off; here by squared distance, which is two matrix products for all glyphs of all cells.
    Returns (B, rows, columns) indices and the cost of every glyph, (B, rows, columns, N), about 0 to 1.
    """
    form, book, theirs = _glyph_shapes(ink)
    cells = cells_of(blur(strokes(tone), 1.0))
    shapes = cells @ form
    both = (shapes * cells).sum(-1, keepdim=True) + theirs
    costs = (both - 2.0 * shapes @ book.T) / both.clamp_min(1e-6)
    # A nearly empty cell stays blank, and so does one whose strokes are not much like any glyph.
    empty = cells.mean(-1, keepdim=True) < EMPTY
    costs = torch.cat((costs[..., :1] - BLANK_BONUS, costs[..., 1:]), -1)
    costs = torch.where(empty, (torch.arange(len(ink), device=ink.device) > 0).to(costs), costs)
    return costs.argmin(-1), costs


@lru_cache(maxsize=8)
def _glyph_shapes(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Quadratic form of the histograms' distance, (128, 128), the blurred glyphs, (N, 128), and their squares."""
    bins = log_polar()[0].to(ink.device)
    form, book = bins.T @ bins, _blurred_glyphs(ink, 1.0)
    return form, book, ((book @ form) * book).sum(1)


def _tiled(ink: Tensor, sigma: float) -> Tensor:
    """Each glyph in an area of itself, blurred, and cut to its cell, (N, 128)."""
    seen = blur(ink[:, None].repeat(1, 1, 3, 3), sigma)
    return seen[:, 0, CELL_HEIGHT : 2 * CELL_HEIGHT, CELL_WIDTH : 2 * CELL_WIDTH].flatten(1)


def _blurred_glyphs(ink: Tensor, sigma: float) -> Tensor:
    """Each glyph on blank paper, blurred, and cut to its cell, (N, 128)."""
    margin = (CELL_WIDTH, CELL_WIDTH, CELL_HEIGHT, CELL_HEIGHT)
    prints = blur(F.pad(ink[:, None], margin), sigma)
    return prints[:, 0, CELL_HEIGHT : 2 * CELL_HEIGHT, CELL_WIDTH : 2 * CELL_WIDTH].flatten(1)


def join_cells(cells: Tensor) -> Tensor:
    """Cells (B, rows, columns, h, w) to one image, (B, 1, rows · h, columns · w)."""
    batch, rows, columns, height, width = cells.shape
    return cells.transpose(2, 3).reshape(batch, 1, rows * height, columns * width)


@lru_cache(maxsize=1)
def log_polar() -> tuple[Tensor, int]:
    """The bins of ink by which structure-based ASCII art compares shapes inside a cell.

    Which pixels fall into which bin, (points · bins, 128) of 0 and 1, and the number of points: a point each second
    pixel, and each looks half a cell's width far, in RADIAL_BINS rings × ANGULAR_BINS sectors.
    """
    with torch.inference_mode(False):
        reach = CELL_WIDTH / 2
        y, x = torch.meshgrid(torch.arange(CELL_HEIGHT), torch.arange(CELL_WIDTH), indexing="ij")
        pixels = torch.stack((y.flatten(), x.flatten()), -1).float()
        points = pixels[(y.flatten() % 2 == 0) & (x.flatten() % 2 == 0)] + 0.5
        offset = pixels[None] - points[:, None]
        distance = offset.norm(dim=-1)
        ring = (torch.log2(distance / reach) + RADIAL_BINS).floor().clamp(0, RADIAL_BINS - 1)
        sector = ((torch.atan2(offset[..., 0], offset[..., 1]) / (2 * math.pi) + 0.5) * ANGULAR_BINS).floor()
        which = (ring * ANGULAR_BINS + sector.clamp(0, ANGULAR_BINS - 1)).long()
        bins = F.one_hot(which, RADIAL_BINS * ANGULAR_BINS).float() * (distance < reach)[..., None]
        return bins.transpose(1, 2).flatten(0, 1), len(points)
