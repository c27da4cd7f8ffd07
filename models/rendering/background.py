"""Which paper a picture is drawn on if nobody says: the one on which its subject stands out more."""

from typing import Final

from torch import Tensor

from models.nn.focus import is_subject, small_as
from models.palettes import Background

DARKER: Final = 0.3
"""So much darker than its background a subject has to be for light paper. Of the same pictures, readers name more
on dark paper (docs/evaluation.md): light ink on black has more contrast than black ink, never quite solid, on
white."""
WHITE: Final = 0.08
"""Tone up to which a place is white paper in the picture itself."""
WHITE_SHARE: Final = 0.5
"""A picture with more white is a page, a drawing or a logo: dark on white, as it is meant to be."""


def choose_background(tone: Tensor, subject: Tensor) -> Background:
    """`tone` (1, 1, H, W) is as for light paper, 1 being black; `subject` (1, 1, h, w) its probabilities."""
    if float((tone < WHITE).float().mean()) > WHITE_SHARE:
        return "light"
    covered = subject.mean()
    if not is_subject(covered):
        return "dark"
    share = float(covered)
    small = small_as(tone, subject)
    inside = float((small * subject).mean()) / share
    outside = float((small * (1 - subject)).mean()) / (1 - share)
    return "light" if inside - outside > DARKER else "dark"
