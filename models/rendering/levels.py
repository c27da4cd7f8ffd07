"""Levels: which tones of a picture become blank and which full ink.

Most pictures are stretched between their 1 % and 99 % quantiles. Of three kinds these say nothing: a picture whose
subject is smaller than that, one whose ground is paper or night but neither quite white nor quite black, and one
that shows nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.rendering.noise import ramp

SHARES: Final = (0.0001, 0.01, 0.06, 0.11, 0.16, 0.81, 0.86, 0.91, 0.96, 0.99, 0.9999)
"""The quantiles that `levels_of` wants: the rarest tones, 1 % and 99 %, and pairs that hold 80 % of the picture."""
_PAIRS: Final = ((1, 5), (2, 6), (3, 7), (4, 8))

_BROAD, _NARROW = 0.2, 0.14
"""Range of most tones from which on it is all of the range, and up to which the rarest belong to it, too."""
_OVERSHOOT, _OUTLIER = 0.15, 0.35
"""The rarest tones' distance from the others, in shares of the range, up to which they are what a lens or JPEG adds
at an edge, and from which on something of the picture."""
_EVEN, _UNEVEN = 0.1, 0.2
"""Range of four fifths of a picture up to which they are its ground, and from which on they are not."""
_SILENT, _HEARD = 0.3 / 255, 1 / 255
"""Deviation of noise up to which it lifts no ground, and from which on it does."""
_MOTTLE, _RINGING, _ALMOST_NONE = 0.02, (0.06, 0.04), (0.02, 0.01)
"""Range of ground that a JPEG mottles; how far beyond it is what rings around edges; and how far at most what 6 %
of the picture exceed."""
_PAPER, _GREY = 0.25, 0.4
"""Tone of ground up to which it is paper, and from which on a surface of its own. As much below 1: night."""
_WHITE, _CREAM = 0.07, 0.12
"""Tone of an empty picture up to which it is blank, and from which on it keeps its tone."""
_BLACK, _DUSK = 0.97, 0.94
_FLAT, _SEEN = 5 / 255, 12 / 255
"""Range of an empty picture, at most, and of one that shows something."""
_VIGNETTE, _SHADING = 20 / 255, 40 / 255
"""Range up to which soft shading alone is uneven light, and from which on something is shown by it."""


@dataclass(frozen=True)
class Levels:
    """`low` becomes 0 and `high` 1, as far as anything is `seen` (0 to 1); else all becomes `empty`."""

    low: float
    high: float
    seen: float = 1.0
    empty: float = 0.0

    def apply(self, tone: NDArray[np.float32]) -> None:
        """Stretch tone of any shape, in place; the result is in [0, 1]."""
        np.subtract(tone, np.float32(self.low), out=tone)
        np.divide(tone, np.float32(self.high - self.low), out=tone)
        np.clip(tone, 0.0, 1.0, out=tone)
        if self.seen < 1:
            np.multiply(tone, np.float32(self.seen), out=tone)
            np.add(tone, np.float32((1 - self.seen) * self.empty), out=tone)


def levels_of(quantiles: Sequence[float], detail: float, noise: float) -> Levels:
    """The levels of a picture with these quantiles (SHARES) of tone.

    `detail` is the range of its tones without soft shading, `noise` the deviation of the noise that was in it.
    """
    lowest, low, high, highest = (quantiles[place] for place in (0, 1, -2, -1))
    small = ramp(high - low, _BROAD, _NARROW)
    reach = max(highest - lowest, 1e-6)
    lighter, darker = (
        distance * small * ramp(distance / reach, _OVERSHOOT, _OUTLIER)
        for distance in (low - lowest, highest - high)
    )
    light, dark = min(
        ((quantiles[start], quantiles[end]) for start, end in _PAIRS), key=lambda pair: pair[1] - pair[0]
    )
    middle = (light + dark) / 2
    low, high = low - lighter, high + darker
    # Ground: all of it blank (or black), however unevenly it is lit, if next to nothing is lighter (or darker).
    # Where most tones make the whole range, that is for what noise and JPEG alone add to it.
    share = max(high - low, 1e-6)
    ground = ramp(dark - light, _UNEVEN, _EVEN) * max(small, ramp(noise, _SILENT, _HEARD))
    ringing = ramp(dark - light, _MOTTLE, _MOTTLE / 2)
    paper = max(ground, ringing * ramp(light - low, *_RINGING) * ramp(light - quantiles[2], *_ALMOST_NONE))
    paper *= ramp(dark, _GREY, _PAPER) * ramp((light - low) / share, _OUTLIER, _OVERSHOOT)
    night = max(ground, ringing * ramp(high - dark, *_RINGING) * ramp(quantiles[-3] - dark, *_ALMOST_NONE))
    night *= ramp(1 - light, _GREY, _PAPER) * ramp((high - dark) / share, _OUTLIER, _OVERSHOOT)
    range_ = high - low
    seen = max(
        ramp(range_, max(_VIGNETTE, 3 * noise), max(_SHADING, 6 * noise)),
        ramp(min(range_, detail), max(_FLAT, noise), max(_SEEN, 3 * noise)),
    )
    if range_ - max(paper * (dark - low), night * (high - light)) < range_ / 3:
        paper = night = 0.0  # the ground is all there is
    low, high = low + paper * (dark - low), high - night * (high - light)
    empty = middle * ramp(middle, _WHITE, _CREAM)
    empty = 1 - (1 - empty) * ramp(empty, _BLACK, _DUSK)
    if range_ <= 0:  # a single tone, which is kept to the last digit if it is kept at all
        return Levels(0.0, 1.0, float(empty == middle), empty)
    return Levels(low, high, seen, empty)
