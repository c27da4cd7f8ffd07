"""A picture's subject close up, in strong contrast: how a page is set that is too narrow for all of the picture.

On 34 columns of a phone's thin type, all in one ink, the tones of a whole photo run together. What is left are a
few shapes, so they had better be those of the subject: it fills the page, its lights and darks are driven apart,
and around it stands just enough ink for its dark parts to show against.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SURE: Final = 0.8
"""Probability from which a place counts as the subject when the picture is cropped."""
LEAST_AREA: Final = 0.02
MOST_AREA: Final = 0.9
"""Shares of a picture between which a subject is worth coming closer to."""
MARGIN: Final = 0.03
"""Around the subject, as a share of its longer side."""
ENDS: Final = (0.05, 0.95)
"""Quantiles of the subject's ink that become none and all."""
LEAST_RANGE: Final = 0.15
"""A subject whose ink differs less has no lights and darks to drive apart."""
STEEPNESS: Final = 10.0
"""Of the curve that drives them apart, in its middle, four times."""
AROUND: Final = 0.2
"""Ink of what is not the subject."""


@dataclass(frozen=True)
class CloseUp:
    """The part `rows` and `columns` (pixels) of a picture, and its `ink` there, (H, W) float32 in [0, 1]."""

    rows: slice
    columns: slice
    ink: NDArray[np.float32]


def close_up(ink: NDArray[np.float32], subject: NDArray[np.float32]) -> CloseUp | None:
    """The subject of a picture's ink, (H, W) in [0, 1]; None where there is none that can be told apart.

    `subject` is the probability of each place to be it, (h, w), at any resolution.
    """
    sure = subject > SURE
    if not LEAST_AREA < sure.mean() < MOST_AREA:
        return None
    height, width = ink.shape
    tall, wide = (_span(np.asarray(sure.any(axis), np.bool_)) for axis in (1, 0))
    margin = round(MARGIN * max((tall[1] - tall[0]) * height, (wide[1] - wide[0]) * width))
    columns = _pixels(wide, width, margin)
    # No flatter than the picture itself: its rows are few enough.
    least = round((columns.stop - columns.start) * height / width)
    more = max(margin, (least - round((tall[1] - tall[0]) * height)) // 2)
    rows = _pixels(tall, height, more)
    whole = Image.fromarray(subject.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    there, part = np.asarray(whole, np.float32)[rows, columns], ink[rows, columns]
    low, high = np.quantile(part[there > SURE], ENDS) if (there > SURE).any() else (0.0, 0.0)
    if high - low < LEAST_RANGE:
        return None
    stretched = np.clip((part - low) / (high - low), 0, 1)
    driven = 1 / (1 + np.exp(-STEEPNESS * (stretched - 0.5)))
    inside = np.clip((there - SURE / 2) / (SURE - SURE / 2), 0, 1)
    return CloseUp(rows, columns, np.maximum(driven * inside, AROUND * (1 - inside)).astype(np.float32))


def _span(there: NDArray[np.bool_]) -> tuple[float, float]:
    """From where to where any is there, as shares of the whole."""
    places = np.flatnonzero(there)
    return float(places[0]) / len(there), float(places[-1] + 1) / len(there)


def _pixels(span: tuple[float, float], size: int, margin: int) -> slice:
    return slice(max(0, round(span[0] * size) - margin), min(size, round(span[1] * size) + margin))
