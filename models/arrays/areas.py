"""Even areas, which are set in one glyph: what pattern each shows, and which suits a tone; all on arrays.

models.baselines.per_cell has `patterns`, and as `shade` the rule, on tensors and for any tone.
"""

from typing import Final

import numpy as np

from models.arrays.planes import Plane, blur
from models.atlas import CELL_HEIGHT, CELL_WIDTH, densest

CELL_SIGMA: Final = 1.5
"""Blur in px at which a rule compares a cell's print with its tone."""
MEAN_WEIGHT: Final = 4.0 * CELL_HEIGHT * CELL_WIDTH
PATTERN_SIGMA: Final = 3.0
"""Blur in px at which the pattern is looked for that an area of one glyph shows."""
SHADE_PATTERN_PENALTY: Final = 8.0


def calm_glyph(tone: float, ink: Plane) -> int:
    """The glyph of `ink`, (N, 16, 8), for an area of one tone in [0, 1]: about as dark, and calm."""
    wanted = np.float32(tone * densest(ink))
    book = _tiled(ink, CELL_SIGMA)
    costs = ((book - wanted) ** 2).sum(1) + MEAN_WEIGHT * (ink.mean((1, 2)) - wanted) ** 2
    return int((costs + SHADE_PATTERN_PENALTY * patterns(ink)).argmin())


def patterns(ink: Plane) -> Plane:
    """How much of a pattern an area of each glyph shows from afar, (N,): the blurred cell's squared deviation."""
    seen = _tiled(ink, PATTERN_SIGMA)
    return np.asarray(((seen - seen.mean(1, keepdims=True)) ** 2).sum(1), np.float32)


def _tiled(ink: Plane, sigma: float) -> Plane:
    """Each glyph in an area of itself, blurred, and cut to its cell, (N, 128)."""
    seen = blur(np.tile(ink, (1, 3, 3)), sigma)
    return seen[:, CELL_HEIGHT : 2 * CELL_HEIGHT, CELL_WIDTH : 2 * CELL_WIDTH].reshape(len(ink), -1)
