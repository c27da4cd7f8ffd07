"""Tones and pages of glyphs as tensors, and how well one shows the other."""

from pathlib import Path

import torch
from torch import Tensor

from models.atlas import default_atlas
from models.fidelity import fidelity
from models.picture import decode
from models.teachers import paint_ink
from models.tone import fit, tone_of

INK = torch.from_numpy(default_atlas().ink)


def score(glyphs: Tensor, tone: Tensor) -> float:
    return fidelity(paint_ink(glyphs, INK), tone).item()


def sample(path: Path, columns: int = 40, rows: int = 20) -> Tensor:
    return torch.from_numpy(fit(tone_of(decode(path.read_bytes())), columns, rows))[None, None]
