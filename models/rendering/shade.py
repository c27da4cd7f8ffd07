"""Shaded ink: where a page is to be lighter, its characters are not only fewer strokes but paler, too.

With one ink for all, a middle tone is half ink and half paper, and close up one sees the pattern before the
picture. Paler ink needs more of it for the same tone: fuller characters, closer in tone to the paper, whose pattern
is calmer. Which characters a page has is settled with that in mind; as plain text they say the same tone, a little
darker.
"""

from typing import Final

from torch import Tensor

LEVELS: Final = 12
"""So many strengths there are: neighbours that are alike then share one, and files stay small."""


def full_ink(tone: Tensor, least: float) -> Tensor:
    """The tone to set with ink of one strength, so that with shaded ink `tone` is seen, both in [0, 1].

    `least` is the strength where the tone is 0; it grows with the tone, up to 1.
    """
    return tone if least == 1 else tone / (least + (1 - least) * tone)


def strength_of(tone: Tensor, least: float) -> Tensor:
    """How strong ink is at each tone, in [0, 1], in LEVELS steps from `least` to 1; the same shape."""
    steps = (tone.clamp(0, 1) * (LEVELS - 1)).round() / (LEVELS - 1)
    return least + (1 - least) * steps
