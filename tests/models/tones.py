"""Tones and pages of glyphs as tensors."""

from pathlib import Path

import torch
from torch import Tensor

from models.atlas import default_atlas
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of

INK = torch.from_numpy(default_atlas().ink)


def sample(path: Path, columns: int = 40, rows: int = 20) -> Tensor:
    return torch.from_numpy(fit(tone_of(decode(path.read_bytes())), columns, rows))[None, None]


def level(tone: float, rows: int = 8, columns: int = 16) -> Tensor:
    """A page of one tone."""
    return torch.full((1, 1, rows * 16, columns * 8), tone)
