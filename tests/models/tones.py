"""Tones and pages of glyphs as tensors."""

from pathlib import Path

import torch
from torch import Tensor

from models.atlas import default_atlas
from models.rendering.decode import decode
from models.rendering.tone import fit, tone_of

INK = torch.from_numpy(default_atlas().ink)


def sample(path: Path, columns: int = 40, rows: int = 20) -> Tensor:
    return torch.from_numpy(fit(tone_of(decode(path.read_bytes())), columns, rows))[None, None]


def level(tone: float, rows: int = 8, columns: int = 16) -> Tensor:
    """A page of one tone."""
    return torch.full((1, 1, rows * 16, columns * 8), tone)


def shares_at_the_sides(pages: Tensor) -> tuple[Tensor, Tensor]:
    """Each glyph's share of the outermost columns of (B, rows, columns), and of those between, both (95,)."""

    def shares(glyphs: Tensor) -> Tensor:
        return torch.bincount(glyphs.flatten(), minlength=len(INK)) / glyphs.numel()

    return shares(pages[..., [0, -1]]), shares(pages[..., 1:-1])
