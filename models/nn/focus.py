"""Focus: how much of the background gives way to the subject, which somebody (models.nn.subject) has found.

What a page is to show is settled here, before any character is chosen: inside the subject all of the tone,
outside less of it the higher the focus, and a line where the subject ends. All at once on tensors, so that training
samples and pages are made by one rule.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.arrays.focus import (
    BACKGROUND_LEFT,
    ENDS,
    INSIDE,
    LEAST_AREA,
    LEAST_INK,
    LEAST_RANGE,
    MOST_AREA,
    NEAR,
    NOISE,
    OUTLINE,
    OUTLINE_SIGMA,
    STEEP,
    SURER,
)
from models.blur import slopes


def refined(subject: Tensor, tone: Tensor) -> Tensor:
    """A map, (B, 1, h, w), whose edges follow those of the picture's tone, (B, 1, H, W).

    A guided filter (He, Sun and Tang 2010, "Guided Image Filtering"): near each place the map is taken to be a
    linear function of the tone. A branch that sees the picture small knows better what the subject is than where it
    ends.
    """
    guide = small_as(tone, subject)
    means = _around(torch.cat((guide, subject, guide * subject, guide * guide), 1))
    mean_guide, mean_map, product, square = means.chunk(4, 1)
    slope = (product - mean_guide * mean_map) / (square - mean_guide**2 + NOISE)
    slope, offset = _around(torch.cat((slope, mean_map - slope * mean_guide), 1)).chunk(2, 1)
    # Blur halves what was sure: stretched again about one half.
    return ((slope * guide + offset - 0.5) * SURER + 0.5).clamp(0, 1)


def small_as(tone: Tensor, subject: Tensor) -> Tensor:
    """The tone at the size of a subject's map, (B, 1, h, w)."""
    return F.adaptive_avg_pool2d(tone, (subject.shape[2], subject.shape[3]))


def _around(values: Tensor) -> Tensor:
    """The mean of each place and those up to NEAR px around it."""
    return F.avg_pool2d(values, 2 * NEAR + 1, 1, NEAR, count_include_pad=False)


def is_subject(share: Tensor) -> Tensor:
    """Whether what covers such shares of a picture is a subject, and not next to nothing or next to all."""
    return (share > LEAST_AREA) & (share < MOST_AREA)


def compose(tone: Tensor, subject: Tensor, focus: Tensor) -> Tensor:
    """The tone that a page is to show, as `tone` (B, 1, H, W) in [0, 1], 1 being ink.

    `subject` (B, 1, h, w) holds each place's probability to be subject, at any resolution; `focus` (B,) is 0 to 1,
    and 0 leaves the tone as it is.
    """
    share = subject.mean((1, 2, 3))
    focus = torch.where(is_subject(share), focus, 0.0).view(-1, 1, 1, 1)
    if not focus.any():
        return tone
    low, high = _ends(small_as(tone, subject), subject)
    across, down = slopes(subject, OUTLINE_SIGMA)
    # The height of the step that would make such a slope: 1 at a clear edge. Inside alone, or it would be a halo.
    edge = (across**2 + down**2).sqrt() * (OUTLINE_SIGMA * (2 * torch.pi) ** 0.5)
    outline = (edge / STEEP).clamp(0, 1) ** 1.5 * (subject > INSIDE)
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
