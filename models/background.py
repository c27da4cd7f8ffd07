"""Which paper a picture is drawn on if nobody says: the one on which its subject stands out more."""

from typing import Final

from torch import Tensor
from torch.nn import functional as F

from models.focus import LEAST_AREA, MOST_AREA
from models.palettes import Background

DARKER: Final = 0.12
"""So much darker than its background a subject has to be for light paper: without a subject, or with one about as
dark as what is around it, readers name more of what is drawn on dark paper (docs/evaluation.md)."""


def choose_background(tone: Tensor, subject: Tensor) -> Background:
    """`tone` (1, 1, H, W) is as for light paper, 1 being black; `subject` (1, 1, h, w) its probabilities."""
    share = float(subject.mean())
    if not LEAST_AREA < share < MOST_AREA:
        return "dark"
    small = F.adaptive_avg_pool2d(tone, (subject.shape[2], subject.shape[3]))
    inside = float((small * subject).mean()) / share
    outside = float((small * (1 - subject)).mean()) / (1 - share)
    return "light" if inside - outside > DARKER else "dark"
