"""What a generator learns towards: for each style the target page and the loss of a batch.

A style's targets are the probabilities of each glyph in each cell, from what every alternative would cost. `pixels`
has no such choice: it learns the ink of the reference ramp's page.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.baselines.local_search import local_search
from models.baselines.per_cell import distances, ramp, shade, trace
from models.training.config import TrainConfig

STYLES: Final = {
    "subject": "no pages: the subjects' maps alone, for other runs to begin with",
    "classic": "local search, from the generator's own page",
    "lines": "ridges of the slope, traced per cell by log-polar shape",
    "pixels": "the reference ramp of 13 characters, in free pixels",
}
"""Each style and its baseline, as the weights file tells it."""
LINES_TEMPERATURE: Final = 0.025
READING_SHARPNESS: Final = 2.0
READING_WEIGHT: Final = 0.2
FLAT: Final = 0.01
"""A page whose tone deviates less than this is even."""


def target_and_loss(
    config: TrainConfig, step: int, tone: Tensor, logits: Tensor, ink: Tensor
) -> tuple[Tensor, Tensor]:
    """The target page, (B, rows, columns), and the loss of logits, (B, rows, columns, outputs), towards it.

    `tone` (B, 1, H, W) in [0, 1], `ink` (N, 16, 8).
    """
    if config.style == "pixels":
        return _ramp(config.charset, tone, logits, ink)
    page, probabilities = (
        _traced(tone, ink) if config.style == "lines" else _searched(config, step, tone, logits, ink)
    )
    return page, F.cross_entropy(logits.flatten(0, 2), probabilities.flatten(0, 2))


def _searched(config: TrainConfig, step: int, tone: Tensor, logits: Tensor, ink: Tensor) -> tuple[Tensor, Tensor]:
    """Local search, at first from a rule's page, then from the generator's own (expert iteration)."""
    if step < config.warm_steps:
        page, costs = local_search(tone, shade(tone, ink), ink, config.warm_sweeps)
    else:
        page, costs = local_search(tone, logits.detach().argmax(-1), ink, config.sweeps)
    probabilities = torch.softmax(-costs / config.temperature, -1)
    # An even page is one glyph, as calm as there is: local search would mix two for the last of its tone.
    flat = tone.std((1, 2, 3)) < FLAT
    page = torch.where(flat[:, None, None], shade(tone, ink), page)
    probabilities[flat] = F.one_hot(page[flat], len(ink)).float()
    return page, probabilities


def _traced(tone: Tensor, ink: Tensor) -> tuple[Tensor, Tensor]:
    page, costs = trace(tone, ink)
    return page, torch.softmax(-costs / LINES_TEMPERATURE, -1)


def _ramp(charset: str, tone: Tensor, logits: Tensor, ink: Tensor) -> tuple[Tensor, Tensor]:
    page, glyphs, cells = ramp(tone, charset), ink.flatten(1), logits.sigmoid()
    # To a mean of pixels a full stop is next to nothing; to a reader it is a character. So the cell's nearest glyph
    # counts, too.
    nearness = -READING_SHARPNESS * distances(cells, glyphs)
    reading = F.cross_entropy(nearness.flatten(0, 2), page.flatten())
    return page, F.l1_loss(cells, glyphs[page]) + READING_WEIGHT * reading
