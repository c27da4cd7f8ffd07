"""Training samples cut from one photo: random crops and whole views, and what light and camera change in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.nn.architecture import MAP_SIDE, SIDE
from models.rendering.tone import fit, stretch

DARK_SHARE: Final = 0.5
"""Share of samples that are for dark paper."""

Tone = NDArray[np.uint8]
"""(H, W), 255 is ink."""
Sample = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A tone and the map of its subject, both in [0, 1]."""

_NOWHERE: Final = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)


@dataclass(frozen=True)
class Photo:
    """A photo's file, its tone, and the map of its subject, (h, w), 255 where it is; None where it is unknown."""

    path: Path
    tone: Tone
    subject: Tone | None = None


def random_crop(photo: Photo, columns: int, rows: int, rng: np.random.Generator) -> Sample:
    """A square part of a photo as an augmented page of tone, and the map of the subject in it."""
    tone, side = photo.tone, min(photo.tone.shape)
    # Log-uniform from a twentieth of the photo to all of it: pages of many columns down to thumbnails.
    cut = round(side * float(np.exp(rng.uniform(np.log(0.22), 0.0))))
    top, left = rng.integers(tone.shape[0] - cut + 1), rng.integers(tone.shape[1] - cut + 1)
    crop = Image.fromarray(tone[top : top + cut, left : left + cut])
    subject = _NOWHERE
    if photo.subject is not None:
        height, width = tone.shape
        part = (left / width, top / height, (left + cut) / width, (top + cut) / height)
        subject = _scaled(photo.subject, part, MAP_SIDE)
    if rng.random() < 0.5:
        crop, subject = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT), subject[:, ::-1]
    if rng.random() < 0.2:
        crop = crop.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    values = fit(np.asarray(crop, np.float32) / np.float32(255), columns, rows)
    if rng.random() < 0.3:
        values = stretch(values)
    return augmented(values, rng), subject


def flat_page(columns: int, rows: int, rng: np.random.Generator) -> Sample:
    """A page of a single tone, which has no subject."""
    page = np.full((rows * CELL_HEIGHT, columns * CELL_WIDTH), rng.uniform(-0.1, 1.1), np.float32).clip(0, 1)
    return page, _NOWHERE


def random_view(photo: Photo, rng: np.random.Generator) -> Sample:
    """Most of a labelled photo and its map, at the subject branch's sizes."""
    wide, high = rng.uniform(0.55, 1.0, 2)
    left, top = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - high)
    tone, subject = view(photo, (left, top, left + wide, top + high))
    return (tone[:, ::-1], subject[:, ::-1]) if rng.random() < 0.5 else (tone, subject)


def view(photo: Photo, part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)) -> Sample:
    """A part (left, top, right, bottom; in [0, 1]) of a labelled photo and of its map, (SIDE, SIDE) and smaller.

    Raises ValueError for a photo without a label.
    """
    if photo.subject is None:
        raise ValueError("a photo without a label has no subject to learn")
    return _scaled(photo.tone, part, SIDE), _scaled(photo.subject, part, MAP_SIDE)


def middle(tone: Tone) -> NDArray[np.float32]:
    """The middle square of a photo's tone, (side, side) in [0, 1]."""
    side = min(tone.shape)
    top, left = (tone.shape[0] - side) // 2, (tone.shape[1] - side) // 2
    middle: NDArray[np.float32] = tone[top : top + side, left : left + side].astype(np.float32) / np.float32(255)
    return middle


def augmented(tone: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The tone in another light, by another camera, or for dark paper."""
    values = tone ** float(np.exp(rng.normal(0, 0.25)))
    values = (values - 0.5) * rng.uniform(0.75, 1.15) + 0.5 + rng.normal(0, 0.04)
    if rng.random() < 0.2:
        values = values + rng.normal(0, 0.03, values.shape).astype(np.float32)
    if rng.random() < DARK_SHARE:
        values = 1.0 - values
    seen: NDArray[np.float32] = np.clip(values, 0, 1).astype(np.float32)
    return seen


def _scaled(picture: Tone, part: tuple[float, float, float, float], side: int) -> NDArray[np.float32]:
    height, width = picture.shape
    box = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
    small = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR, box, reducing_gap=2.0)
    return np.asarray(small, np.float32) / np.float32(255)
