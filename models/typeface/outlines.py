r"""The shapes of the typeface: outlines of another font, made heavier and stretched until they fill their cells.

An outline goes through these steps, in pixels of a cell of 8×16. The first is the reader's (models.typeface.build):

1. scaled so that the advance is 8 px wide and the way from the lowest to the highest of all characters 16 px high;
2. made heavier: every point moves out by `weight` px along its corner's bisector;
3. stretched so that the lowest point of all is the cell's bottom, the highest its top, and baseline, small and
   capital letters end on whole pixels; what is wider than the cell is squeezed into it;
4. stretched up and down, each by itself: capitals, figures and what is as high as they are from the cell's bottom
   to its top, small letters from the bottom to their own height, so that no row of pixels stays empty between
   lines;
5. strokes that go on in the next cell reach its edges: `|` up and down, `_ - =` left and right, and `/ \` are
   drawn from corner to corner.
"""

import math
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.atlas import CELL_HEIGHT, CELL_WIDTH, PRINTABLE

_MITRE: Final = 1.5
"""The farthest a point may move, in weights: sharp corners would grow spikes."""

_TALL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789bdfhiklt#$%&@!?()[]{}"
"""What fills the whole height of its cell."""

_SMALL: Final = "acegmnopqrsuvwxyz"
"""What fills the cell up to the height of small letters; `g p q y` hang down and do so already."""

Points = NDArray[np.float64]
Contour = tuple[Points, list[int]]
"""(N, 2) points in px, and for each whether it lies on the curve (1) or steers it (0)."""
Outlines = dict[str, list[Contour]]
"""Each character's contours."""


def filling(outlines: Outlines, weight: float, descent: int) -> Outlines:
    """Steps 2 to 5: heavier, and in the cell, which begins at 0 on the left and `descent` px below the baseline."""
    heavy = mapped(outlines, lambda points: _offset(points, weight))

    def top(characters: Iterable[str]) -> float:
        return float(max(points[:, 1].max() for c in characters for points, _ in heavy[c]))

    letters = [character for character in PRINTABLE[1:] if character not in "_|"]
    low = min(points[:, 1].min() for c in letters for points, _ in heavy[c])
    ascent = CELL_HEIGHT - descent
    high, small, capital = top(letters), top("x"), top("H")
    # As without snapping, to the nearest whole pixel.
    whole = [round(ascent * (edge + weight) / (high + weight)) for edge in (small, capital)]
    knots = (low, -weight, small, capital, high), (-descent, 0, *whole, ascent)

    def settled(contours: list[Contour]) -> list[Contour]:
        if not contours:
            return []
        x = np.concatenate([points[:, 0] for points, _ in contours])
        left, right = min(0.0, x.min()), max(float(CELL_WIDTH), x.max())
        squeeze = CELL_WIDTH / (right - left)
        return [
            (np.stack([(points[:, 0] - left) * squeeze, np.interp(points[:, 1], *knots)], 1), on)
            for points, on in contours
        ]

    filling = {character: settled(contours) for character, contours in heavy.items()}
    for characters, height in ((_TALL, ascent), (_SMALL, whole[0])):
        for character in characters:
            filling[character] = _stretched(filling[character], 1, -descent, height)
    for character in "-=_":
        filling[character] = _stretched(filling[character], 0, 0, CELL_WIDTH)
    filling["|"] = _stretched(filling["|"], 1, -descent, ascent)
    bar = np.ptp(heavy["_"][0][0][:, 1])
    filling["_"] = _stretched(filling["_"], 1, -descent, bar - descent)
    stem = np.ptp(filling["|"][0][0][:, 0])
    rising = _diagonal(stem) - (0, descent)
    filling["/"] = [(rising, [1] * len(rising))]
    filling["\\"] = [((rising * (-1, 1) + (CELL_WIDTH, 0))[::-1], [1] * len(rising))]
    return filling


def mapped(outlines: Outlines, move: Callable[[Points], Points]) -> Outlines:
    return {character: [(move(points), on) for points, on in contours] for character, contours in outlines.items()}


def _stretched(contours: list[Contour], axis: int, start: float, end: float) -> list[Contour]:
    """The contours, their ink from `start` to `end` along the axis."""
    along = np.concatenate([points[:, axis] for points, _ in contours])
    low, high = along.min(), along.max()
    moved = []
    for points, on in contours:
        stretched = points.copy()
        stretched[:, axis] = start + (points[:, axis] - low) * (end - start) / (high - low)
        moved.append((stretched, on))
    return moved


def _diagonal(stem: float) -> Points:
    """The cell's part of a stroke, `stem` px thick, that runs on from corner to corner through many cells."""
    across = stem / 2 * math.hypot(CELL_WIDTH, CELL_HEIGHT) / CELL_HEIGHT
    up = across * CELL_HEIGHT / CELL_WIDTH
    return np.array(
        [
            (0, 0),
            (0, up),
            (CELL_WIDTH - across, CELL_HEIGHT),
            (CELL_WIDTH, CELL_HEIGHT),
            (CELL_WIDTH, CELL_HEIGHT - up),
            (across, 0),
        ]
    )


def _offset(points: Points, by: float) -> Points:
    """A contour's points moved out by `by` px, which is to the left of its way: ink lies to the right."""
    distinct = [i for i in range(len(points)) if not np.allclose(points[i], points[i - 1])]
    way = np.roll(points[distinct], -1, 0) - points[distinct]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    normal = np.stack([-way[:, 1], way[:, 0]], 1)
    before = np.roll(normal, 1, 0)
    bisector = normal + before
    length = 1 + (normal * before).sum(1, keepdims=True)
    shift = bisector / np.maximum(length, 1e-6)
    far = np.linalg.norm(shift, axis=1, keepdims=True)
    shift *= np.minimum(1, _MITRE / np.maximum(far, 1e-6))
    moved = points.copy()
    moved[distinct] += by * shift
    for i in set(range(len(points))) - set(distinct):
        moved[i] = moved[i - 1]
    return moved
