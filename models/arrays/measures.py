"""How a new model's pages are judged where there may be no PyTorch: three measures of one page, on arrays.

models.similarity and models.quality.measures have the same on tensors, with their reasons and sources.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays.planes import Plane, blur
from models.atlas import CELL_HEIGHT, CELL_WIDTH

C1, C2 = 0.01**2, 0.03**2
WINDOW: Final = 3.0
"""σ of the SSIM window, in px."""
INKED: Final = 0.01
"""A cell counts as inked from this mean coverage on; the faintest glyph has twice that."""


def similarity(print_: Plane, tone: Plane, sigma: float) -> float:
    """Mean SSIM of print, in units of full black, against tone, both (H, W), seen through a blur of `sigma` px."""
    a, b = blur(np.stack((print_, tone)), sigma)
    mean_a, mean_b, square_a, square_b, product = blur(np.stack((a, b, a * a, b * b, a * b)), WINDOW)
    variance = square_a - mean_a**2 + square_b - mean_b**2
    covariance = product - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return float((luminance * (2 * covariance + C2) / (variance + C2)).mean())


def legibility(print_: Plane, ink: Plane) -> float:
    """How much inked cells of print, (H, W), look like characters of `ink`, (N, 16, 8); 1 is print, 0 no ink."""
    height, width = print_.shape
    cut = print_.reshape(height // CELL_HEIGHT, CELL_HEIGHT, width // CELL_WIDTH, CELL_WIDTH).swapaxes(1, 2)
    cells = cut.reshape(-1, CELL_HEIGHT * CELL_WIDTH)
    cells = cells[cells.mean(1) > INKED]
    if not len(cells):
        return 0.0
    book = ink.reshape(len(ink), -1)
    return float((_directions(cells) @ _directions(book[book.sum(1) > 0]).T).max(1).mean())


def _directions(rows: Plane) -> Plane:
    """Each row less its mean, and of length 1."""
    centred = rows - rows.mean(1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12), np.float32)


def effective_glyphs(glyphs: NDArray[np.int64]) -> float:
    """exp(entropy) of the glyph histogram over non-blank cells; 0 when every cell is blank."""
    counts = np.bincount(glyphs[glyphs != 0])
    shares = counts[counts > 0] / max(1, counts.sum())
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0
