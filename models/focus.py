"""Focus: how much of the background gives way to the subject, which somebody (models.subject) has found.

What a page is to show is settled here, before any character is chosen: inside the subject all of the tone,
outside less of it the higher the focus, and a line where the subject ends. All at once on tensors, so that lessons
and pages are made by one rule.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.fidelity import slopes

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
AUTO: Final = 0.5
"""The focus of a picture whose subject is beyond doubt, if nobody says any."""
DOUBTFUL, SURE = 0.5, 0.8
"""Mean probability inside the subject at which focus begins by itself, and at which it is AUTO."""

_OUTLINE_SIGMA: Final = 1.5
"""px of the subject's map."""


def auto_focus(subject: Tensor) -> Tensor:
    """The focus that suits each subject map, (B, 1, h, w) of probabilities, if nobody says any, (B,), 0 to AUTO."""
    share = subject.mean((1, 2, 3))
    sure = (subject**2).mean((1, 2, 3)) / share.clamp_min(1e-6)
    focus = AUTO * ((sure - DOUBTFUL) / (SURE - DOUBTFUL)).clamp(0, 1)
    return torch.where((share > LEAST_AREA) & (share < MOST_AREA), focus, 0.0)


def compose(tone: Tensor, subject: Tensor, focus: Tensor) -> Tensor:
    """The tone that a page is to show, as `tone` (B, 1, H, W) in [0, 1], 1 being ink.

    `subject` (B, 1, h, w) holds each place's probability to be subject, at any resolution; `focus` (B,) is 0 to 1,
    and 0 leaves the tone as it is.
    """
    share = subject.mean((1, 2, 3))
    focus = torch.where((share > LEAST_AREA) & (share < MOST_AREA), focus, 0.0).view(-1, 1, 1, 1)
    if not focus.any():
        return tone
    low, high = _ends(F.adaptive_avg_pool2d(tone, (subject.shape[2], subject.shape[3])), subject)
    across, down = slopes(subject, _OUTLINE_SIGMA)
    # The height of the step that would make such a slope: 1 at a clear edge. Inside alone, or it would be a halo.
    edge = (across**2 + down**2).sqrt() * (_OUTLINE_SIGMA * (2 * torch.pi) ** 0.5)
    outline = (edge / 0.8).clamp(0, 1) ** 1.5 * (subject > 0.3)
    both = F.interpolate(torch.cat((subject, outline), 1), tone.shape[2:], mode="bilinear")
    there, outline = both[:, :1], both[:, 1:]
    full = LEAST_INK + (1 - LEAST_INK) * ((tone - low) / (high - low)).clamp(0, 1)
    inside = tone + focus * (full - tone)
    outside = tone * (1 - (1 - BACKGROUND_LEFT) * focus)
    return torch.maximum(there * inside + (1 - there) * outside, OUTLINE * focus * outline)


def _ends(tone: Tensor, subject: Tensor) -> tuple[Tensor, Tensor]:
    """The lightest and the darkest of the subject's tones, each (B, 1, 1, 1); both arguments are (B, 1, h, w)."""
    tones, order = tone.flatten(1).sort(1)
    sums = subject.flatten(1).gather(1, order).cumsum(1)
    sums = sums / sums[:, -1:].clamp_min(1e-6)
    places = torch.stack([(sums < end).sum(1) for end in ENDS], 1).clamp_max(tones.shape[1] - 1)
    low, high = tones.gather(1, places).T.reshape(2, -1, 1, 1, 1)
    return low, torch.maximum(high, low + LEAST_RANGE)
