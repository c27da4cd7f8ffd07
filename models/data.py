"""Endless training crops from a folder of photos.

Every photo is read once and kept as 8-bit luminance; a batch is drawn from random photos at random scales,
flipped, with random gamma, contrast, noise and blur, sometimes inverted (dark paper). Photos are told apart
by the hash of their pixels: duplicates count once, and one in VALIDATION_SHARE is never trained on.
"""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.picture import decode
from models.problems import PictureProblem
from models.tone import fit, stretch, tone_of

SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")
VALIDATION_SHARE: Final = 16
FLAT_SHARE: Final = 0.04
"""One page in so many is a single tone, which photos hardly ever are and users' files sometimes."""


class Photos:
    """Tones of a folder's photos, (H, W) uint8 each (255 is ink), split into `train` and `validation`."""

    def __init__(self, folder: Path, max_side: int = 1024) -> None:
        """Read every picture below `folder`; unreadable ones are named in `refused`.

        Raises ValueError when fewer than two pictures can be read.
        """
        self.train: list[NDArray[np.uint8]] = []
        self.validation: list[NDArray[np.uint8]] = []
        self.refused: list[str] = []
        seen: set[bytes] = set()
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
            try:
                rgb = decode(path.read_bytes(), max_side)
            except (OSError, PictureProblem) as problem:
                self.refused.append(f"{path.name}: {problem}")
                continue
            digest = hashlib.sha256(rgb.tobytes()).digest()
            if digest in seen:
                continue
            seen.add(digest)
            tone = np.rint(tone_of(rgb) * 255).astype(np.uint8)
            (self.train if digest[0] % VALIDATION_SHARE else self.validation).append(tone)
        if len(seen) < 2:
            raise ValueError(f"{folder} holds {len(seen)} pictures that can be read; training needs two or more")
        # A very small folder may put all on one side.
        if not self.train:
            self.train.append(self.validation.pop())
        if not self.validation:
            self.validation.append(self.train.pop())

    def batch(self, size: int, columns: int, rows: int, rng: np.random.Generator) -> Tensor:
        """Random training crops, (size, 1, rows · 16, columns · 8) float32 in [0, 1]."""
        crops = [
            _flat(columns, rows, rng)
            if rng.random() < FLAT_SHARE
            else _crop(self.train[rng.integers(len(self.train))], columns, rows, rng)
            for _ in range(size)
        ]
        return torch.from_numpy(np.stack(crops)[:, None])

    def validation_pages(self, count: int, columns: int = 64, rows: int = 32) -> Tensor:
        """The middle squares of the first `count` validation photos, (n, 1, rows · 16, columns · 8)."""
        pages = [fit(stretch(middle(tone)), columns, rows) for tone in self.validation[:count]]
        return torch.from_numpy(np.stack(pages)[:, None])


def middle(tone: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle square of a photo's tone, (side, side) in [0, 1]."""
    side = min(tone.shape)
    top, left = (tone.shape[0] - side) // 2, (tone.shape[1] - side) // 2
    middle: NDArray[np.float32] = tone[top : top + side, left : left + side].astype(np.float32) / np.float32(255)
    return middle


def _flat(columns: int, rows: int, rng: np.random.Generator) -> NDArray[np.float32]:
    return np.full((rows * CELL_HEIGHT, columns * CELL_WIDTH), rng.uniform(-0.1, 1.1), np.float32).clip(0, 1)


def _crop(tone: NDArray[np.uint8], columns: int, rows: int, rng: np.random.Generator) -> NDArray[np.float32]:
    side = min(tone.shape)
    # Log-uniform from an eighth of the photo to all of it: pages of many columns down to thumbnails.
    cut = round(side * float(np.exp(rng.uniform(np.log(0.22), 0.0))))
    top, left = rng.integers(tone.shape[0] - cut + 1), rng.integers(tone.shape[1] - cut + 1)
    crop = Image.fromarray(tone[top : top + cut, left : left + cut])
    if rng.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.2:
        crop = crop.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    values = fit(np.asarray(crop, np.float32) / np.float32(255), columns, rows)
    if rng.random() < 0.3:
        values = stretch(values)
    values = values ** float(np.exp(rng.normal(0, 0.25)))
    values = (values - 0.5) * rng.uniform(0.75, 1.15) + 0.5 + rng.normal(0, 0.04)
    if rng.random() < 0.2:
        values = values + rng.normal(0, 0.03, values.shape).astype(np.float32)
    if rng.random() < 0.15:
        values = 1.0 - values
    return np.clip(values, 0, 1).astype(np.float32)
