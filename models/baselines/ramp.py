"""The reference renderer: 13 characters in the order of a ramp, chosen by brightness, one per cell.

From "Generating ASCII Art with Pix2Pix GANs", whose pairs were drawn with it. The rule is kept as it was,
with all of its faults (the ramp is not in order of ink, colour counts as its plain sum); only the drawing is ours:
a table look-up instead of a loop over characters.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.atlas import Atlas
from models.baselines.per_cell import RAMP, RAMP_GCF
from models.page import Grid


def ramp_grid(rgb: NDArray[np.uint8], columns: int, rows: int, atlas: Atlas, gamma: float = RAMP_GCF) -> Grid:
    """The reference's page for (H, W, 3) bytes, in an atlas whose charset holds RAMP.

    Brightness is stretched from the darkest to the brightest cell; where all cells are alike, which the
    reference cannot do, it keeps its level.
    """
    small = Image.fromarray(rgb).resize((columns, rows))
    bright = np.asarray(small, np.int64).sum(2).astype(np.float64)
    low, high = bright.min(), bright.max()
    if low == high:
        low, high = 0.0, 3 * 255.0
    steps = ((1.0 - (bright - low) / (high - low)) ** gamma * (len(RAMP) - 1)).astype(np.int64)
    return Grid(np.array([atlas.charset.index(character) for character in RAMP])[steps], atlas)
