"""Shapes inside a cell as structure-based ASCII art compares them: by log-polar histograms of ink."""

import math
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from models.atlas import CELL_HEIGHT, CELL_WIDTH

RADIAL_BINS: Final = 5
ANGULAR_BINS: Final = 12


@lru_cache(maxsize=1)
def log_polar() -> tuple[Tensor, int]:
    """Which pixels of a cell fall into which bin: (points · bins, 128) of 0 and 1, and the number of points.

    A point every second pixel; each looks half a cell's width far, in RADIAL_BINS rings × ANGULAR_BINS sectors.
    """
    with torch.inference_mode(False):
        reach = CELL_WIDTH / 2
        y, x = torch.meshgrid(torch.arange(CELL_HEIGHT), torch.arange(CELL_WIDTH), indexing="ij")
        pixels = torch.stack((y.flatten(), x.flatten()), -1).float()
        points = pixels[(y.flatten() % 2 == 0) & (x.flatten() % 2 == 0)] + 0.5
        offset = pixels[None] - points[:, None]
        distance = offset.norm(dim=-1)
        ring = (torch.log2(distance / reach) + RADIAL_BINS).floor().clamp(0, RADIAL_BINS - 1)
        sector = ((torch.atan2(offset[..., 0], offset[..., 1]) / (2 * math.pi) + 0.5) * ANGULAR_BINS).floor()
        which = (ring * ANGULAR_BINS + sector.clamp(0, ANGULAR_BINS - 1)).long()
        bins = F.one_hot(which, RADIAL_BINS * ANGULAR_BINS).float() * (distance < reach)[..., None]
        return bins.transpose(1, 2).flatten(0, 1), len(points)
