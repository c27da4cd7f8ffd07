"""The generator: a U-Net (Ronneberger et al. 2015, Isola et al. 2017) that sees cells and answers in glyphs.

Two branches. One sees the whole picture, small, and finds its subject (models.nn.subject); with the focus that
settles which tone the page is to show (models.nn.focus). The other sets that tone: it is cut into cells
first, so each cell's 128 pixels become channels and no pixel is lost; the U-Net then works on the grid of cells,
down to a quarter of it and back up with skips. The head `glyphs` answers with logits over the atlas; painting the
likeliest glyph of every cell can therefore never blur a character. The head `pixels` is the classic one: a logit of
ink for every pixel, through a sub-pixel convolution (Shi et al. 2016); it has no subject.

What `pixels` has to learn is a ramp: steps of a cell's mean tone, which must sit within a few thousandths to
name the right character. Normalised features cannot say a level so finely, so its head is also shown the mean
as waves of rising frequency (Fourier features, Tancik et al. 2020), and begins with them alone: a head that sees
nothing else reads 998 cells in a thousand right, and features it does not need are only noise on the level.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.baselines.per_cell import cells_of
from models.nn.architecture import OCTAVES, GeneratorConfig
from models.nn.focus import compose, refined
from models.nn.layers import Block, convolution
from models.nn.subject import SubjectBranch


class PixelHead(nn.Sequential):
    """Features and the waves of each cell's mean to a logit for each of its pixels."""

    def __init__(self, width: int) -> None:
        hidden = 2 * width
        first = nn.Conv2d(width + 1 + 2 * OCTAVES, hidden, 1)
        nn.init.zeros_(first.weight[:, :width])
        super().__init__(
            first,
            nn.LeakyReLU(0.2),
            nn.Conv2d(hidden, hidden, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(hidden, CELL_HEIGHT * CELL_WIDTH, 1),
        )


class Generator(nn.Module):
    """Tone to glyph logits, for any size. `subject_branch` is None where the head is `pixels`."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        full, half, quarter = config.widths
        self.config = config

        def blocks(width: int) -> nn.Sequential:
            return nn.Sequential(*(Block(width) for _ in range(config.blocks)))

        self.subject_branch = None if config.head == "pixels" else SubjectBranch()
        self.stem = convolution(CELL_HEIGHT * CELL_WIDTH, full, 3)
        self.down_full = Block(full)
        self.to_half = nn.Conv2d(full, half, 2, stride=2)
        self.down_half = Block(half)
        self.to_quarter = nn.Conv2d(half, quarter, 2, stride=2)
        self.deep = blocks(quarter)
        self.from_quarter = nn.Conv2d(quarter, half, 1)
        self.up_half = Block(half)
        self.from_half = nn.Conv2d(half, full, 1)
        self.up_full = blocks(full)
        self.norm = nn.GroupNorm(8, full)
        self.head = PixelHead(full) if config.head == "pixels" else nn.Conv2d(full, config.outputs, 1)

    def subject(self, tone: Tensor) -> Tensor:
        """How likely each place of a picture is its subject, (B, 1, MAP_SIDE, MAP_SIDE) in [0, 1].

        `tone` (B, 1, H, W) in [0, 1] is the whole picture, at any size. Without a branch there is no subject: one
        0 for each picture, (B, 1, 1, 1).
        """
        if self.subject_branch is None:
            return tone.new_zeros(len(tone), 1, 1, 1)
        return refined(self.subject_branch(tone).sigmoid(), tone)

    def forward(self, tone: Tensor, focus: Tensor) -> Tensor:
        """Whole pictures' tone, (B, 1, rows · 16, columns · 8) in [0, 1], and focus, (B,), to logits of glyphs."""
        return self.set_type(compose(tone, self.subject(tone), focus))

    def set_type(self, tone: Tensor) -> Tensor:
        """The tone that a page is to show, (B, 1, rows · 16, columns · 8) in [0, 1], to logits.

        They are (B, rows, columns, outputs): a cell's outputs are its glyphs, or the 16 · 8 pixels of its ink.
        """
        cells = cells_of(tone * 2.0 - 1.0).permute(0, 3, 1, 2)
        rows, columns = cells.shape[2:]
        # The grid halves twice; short edges are continued by their last cells and cut off again.
        padded = F.pad(cells, (0, -columns % 4, 0, -rows % 4), mode="replicate")
        full = self.down_full(self.stem(padded))
        half = self.down_half(self.to_half(full))
        deep = self.deep(self.to_quarter(half))
        half = self.up_half(half + _twice(self.from_quarter(deep)))
        full = self.up_full(full + _twice(self.from_half(half)))
        full = F.leaky_relu(self.norm(full), 0.2)
        if self.config.head == "pixels":
            full = torch.cat((full, _waves(padded)), 1)
        logits: Tensor = self.head(full)
        return logits.permute(0, 2, 3, 1)[:, :rows, :columns]


def generator_of(config: GeneratorConfig, tensors: Mapping[str, NDArray[np.generic]]) -> Generator:
    """A network for inference, on the processor in single precision, from tensors that fit its config."""
    with torch.device("meta"):  # its own would be made in vain
        generator = Generator(config)
    generator.load_state_dict({k: torch.from_numpy(v.astype(np.float32)) for k, v in tensors.items()}, assign=True)
    return generator.eval()


def _twice(features: Tensor) -> Tensor:
    """The same at twice the resolution.

    Not by a transposed convolution: where a page is even, each of the four cells that it makes of one would be
    another and set in characters of its own (Odena et al. 2016, "Deconvolution and Checkerboard Artifacts").
    """
    return F.interpolate(features, scale_factor=2.0, mode="bilinear")


def _waves(cells: Tensor) -> Tensor:
    """Each cell's mean tone in [-1, 1], and its sines and cosines, (B, 1 + 2 · OCTAVES, rows, columns)."""
    mean = cells.mean(1, keepdim=True)
    angles = torch.cat([mean * (math.pi * 2.0**octave) for octave in range(OCTAVES)], 1)
    return torch.cat((mean, angles.sin(), angles.cos()), 1)
