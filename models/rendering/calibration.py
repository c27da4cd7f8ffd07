"""Pages that the ranges of a network's activations are taken from: the bundled photos, on either paper."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.formats import rows_for
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of
from models.samples import SAMPLES

COLUMNS: Final = 40
"""Small pages: what a network answers in a cell hangs on the cells around it, not on how many there are."""


@cache
def pages() -> tuple[NDArray[np.float32], ...]:
    """Tone, each (rows · 16, COLUMNS · 8) in [0, 1]."""
    found = []
    for path in SAMPLES:
        tone = tone_of(decode(path.read_bytes()))
        height, width = tone.shape
        page = fit(tone, COLUMNS, rows_for(width, height, COLUMNS))
        found += [page, 1 - page]
    return tuple(found)
