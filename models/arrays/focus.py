"""Focus: how much of the background gives way to the subject, which somebody (models.nn.subject) has found.

What a page is to show is settled here, before any character is chosen: inside the subject all of the tone,
outside less of it the higher the focus, and a line where the subject ends. This is the rule on arrays;
models.nn.focus is the same on tensors, so that training samples and pages are made alike.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays.planes import Plane, around, enlarged, shrunk, slopes

LEAST_INK: Final = 0.15
"""At full focus nothing of the subject is lighter: its surface stays apart from the paper."""
BACKGROUND_LEFT: Final = 0.15
"""How much of its tone the background keeps at full focus."""
OUTLINE: Final = 0.75
"""How dark the subject's outline is at full focus."""
ENDS: Final = (0.02, 0.98)
"""Quantiles of the subject's tone that are stretched to all of it."""
LEAST_RANGE: Final = 0.15
"""A subject's tones are taken to lie at least so far apart: noise on an even one is not to be stretched."""
LEAST_AREA, MOST_AREA = 0.01, 0.95
"""A subject that covers less or more of a picture is none: nothing is to be told apart."""
AUTO: Final = 0.15
"""The focus of a picture whose subject is beyond doubt, if nobody says any: a hint. Readers named no more of what
was drawn at half focus, with the best maps there are (docs/evaluation.md); the rest is a matter of taste."""
DOUBTFUL, SURE = 0.5, 0.8
"""Mean probability inside the subject at which focus begins by itself, and at which it is AUTO."""

NEAR: Final = 3
"""px of a subject's map within which it follows the tone."""
NOISE: Final = 0.003
"""Variance of tone that is no edge."""
SURER: Final = 1.6
"""By what a refined map's distance from one half grows."""
OUTLINE_SIGMA: Final = 1.5
"""px of the subject's map by which it is blurred before its edge is sought."""
STEEP: Final = 0.8
"""The step of a map that is an outline in full."""
INSIDE: Final = 0.3
"""Where a map is lower there is no outline: it would be a halo."""

Numbers = NDArray[np.float32]


def refined(subject: Plane, tone: Plane) -> Plane:
    """A map, (B, h, w), whose edges follow those of the picture's tone, (B, H, W).

    A guided filter (He, Sun and Tang 2010, "Guided Image Filtering"): near each place the map is taken to be a
    linear function of the tone. A branch that sees the picture small knows better what the subject is than where it
    ends.
    """
    guide = small_as(tone, subject)
    mean_guide, mean_map, product, square = around(np.stack((guide, subject, guide * subject, guide * guide)), NEAR)
    slope = (product - mean_guide * mean_map) / (square - mean_guide**2 + np.float32(NOISE))
    slope, offset = around(np.stack((slope, mean_map - slope * mean_guide)), NEAR)
    # Blur halves what was sure: stretched again about one half.
    surer = (slope * guide + offset - np.float32(0.5)) * np.float32(SURER) + np.float32(0.5)
    return np.asarray(np.clip(surer, 0, 1), np.float32)


def small_as(tone: Plane, subject: Plane) -> Plane:
    """The tone at the size of a subject's map, (B, h, w)."""
    return shrunk(tone, *subject.shape[1:])


def auto_focus(subject: Plane) -> Numbers:
    """The focus that suits each subject map, (B, h, w) of probabilities, if nobody says any, (B,), 0 to AUTO."""
    share = subject.mean((1, 2))
    sure = (subject**2).mean((1, 2)) / np.maximum(share, 1e-6)
    focus = AUTO * np.clip((sure - DOUBTFUL) / (SURE - DOUBTFUL), 0, 1)
    return np.where(is_subject(share), focus, 0).astype(np.float32)


def is_subject(share: Numbers | np.float32) -> NDArray[np.bool_]:
    """Whether what covers such shares of a picture is a subject, and not next to nothing or next to all."""
    return np.asarray((share > LEAST_AREA) & (share < MOST_AREA))


def compose(tone: Plane, subject: Plane, focus: Numbers) -> Plane:
    """The tone that a page is to show, as `tone` (B, H, W) in [0, 1], 1 being ink.

    `subject` (B, h, w) holds each place's probability to be subject, at any resolution; `focus` (B,) is 0 to 1,
    and 0 leaves the tone as it is.
    """
    focus = np.where(is_subject(subject.mean((1, 2))), focus, 0).astype(np.float32)
    shown = tone.copy()
    for page in np.flatnonzero(focus):
        shown[page] = _composed(tone[page], subject[page], float(focus[page]))
    return shown


def _composed(tone: Plane, subject: Plane, focus: float) -> Plane:
    low, high = _ends(small_as(tone[None], subject[None])[0], subject)
    across, down = slopes(subject, OUTLINE_SIGMA)
    # The height of the step that would make such a slope: 1 at a clear edge.
    edge = np.sqrt(across**2 + down**2) * np.float32(OUTLINE_SIGMA * (2 * np.pi) ** 0.5 / STEEP)
    outline = np.clip(edge, 0, 1) ** np.float32(1.5) * (subject > INSIDE)
    there, outline = enlarged(np.stack((subject, outline)), *tone.shape)
    # Both ways to set the tone are lines of it; all in place, for this is as large as the page.
    full = np.clip((tone - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    full *= np.float32(1 - LEAST_INK)
    full += np.float32(LEAST_INK)
    full -= tone
    full *= np.float32(focus)
    full += tone
    outside = tone * np.float32(1 - (1 - BACKGROUND_LEFT) * focus)
    full -= outside
    full *= there
    full += outside
    outline *= np.float32(OUTLINE * focus)
    return np.asarray(np.maximum(full, outline), np.float32)


def _ends(tone: Plane, subject: Plane) -> tuple[float, float]:
    """The lightest and the darkest of the subject's tones; both arguments are (h, w)."""
    order = np.argsort(tone, axis=None)
    tones, sums = tone.ravel()[order], subject.ravel()[order].cumsum()
    sums = sums / max(float(sums[-1]), 1e-6)
    low, high = (float(tones[min(int((sums < end).sum()), len(tones) - 1)]) for end in ENDS)
    return low, max(high, low + LEAST_RANGE)
