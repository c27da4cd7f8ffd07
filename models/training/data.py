"""Endless training crops from a folder of photos.

Every photo is read once and kept as 8-bit luminance; a batch is drawn from random photos at random scales,
flipped, with random gamma, contrast, noise and blur, sometimes inverted (dark paper). Photos are told apart
by the hash of their pixels: duplicates count once, and one in VALIDATION_SHARE is never trained on. Beside a photo
may lie a map of its subject (models.training.labels), which is cropped and flipped with it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.nn.subject import MAP_SIDE, SIDE
from models.problems import PictureProblem
from models.rendering.decode import decode
from models.rendering.tone import fit, stretch, tone_of
from models.training.files import pictures_below
from models.training.labels import MAX_SIDE, read_label

VALIDATION_SHARE: Final = 16
FLAT_SHARE: Final = 0.04
"""One page in so many is a single tone, which photos hardly ever are and users' files sometimes."""
DARK_SHARE: Final = 0.5
"""One page in so many is for dark paper."""
PASTED_SHARE: Final = 0.3
"""One of the subject branch's photos in so many is made of two."""


Tone = NDArray[np.uint8]
"""(H, W), 255 is ink."""


@dataclass(frozen=True)
class Photo:
    """A photo's file, its tone, and the map of its subject, (h, w), 255 where it is; None where nobody knows it."""

    path: Path
    tone: Tone
    subject: Tone | None = None


class Photos:
    """A folder's photos, split into `train` and `validation`."""

    def __init__(self, folder: Path, max_side: int = MAX_SIDE, subjects: Path | None = None) -> None:
        """Read every picture below `folder`, and its subject's map in `subjects`; unreadable ones are in `refused`.

        Raises ValueError when fewer than two pictures can be read, or `subjects` has a map of none of them.
        """
        self.train: list[Photo] = []
        self.validation: list[Photo] = []
        self.refused: list[str] = []
        seen: set[bytes] = set()
        for path in pictures_below(folder):
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
            photo = Photo(path, tone, read_label(subjects, digest) if subjects else None)
            (self.train if digest[0] % VALIDATION_SHARE else self.validation).append(photo)
        if len(seen) < 2:
            raise ValueError(f"{folder} holds {len(seen)} pictures that can be read; training needs two or more")
        if subjects and all(photo.subject is None for photo in self.train + self.validation):
            raise ValueError(f"{subjects} has labels of no photo in {folder}: `python -m models labels` makes them")
        # A very small folder may put all on one side.
        if not self.train:
            self.train.append(self.validation.pop())
        if not self.validation:
            self.validation.append(self.train.pop())

    @property
    def labelled(self) -> list[Photo]:
        """The training photos whose subject is known."""
        return [photo for photo in self.train if photo.subject is not None]

    def batch(self, size: int, columns: int, rows: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Random training crops and their subjects.

        The one (size, 1, rows · 16, columns · 8), the other (size, 1, MAP_SIDE, MAP_SIDE), both float32 in [0, 1].
        Where nobody knows the subject, or there is none, its map is empty.
        """
        pages, maps = [], []
        for _ in range(size):
            flat = rng.random() < FLAT_SHARE
            photo = self.train[rng.integers(len(self.train))]
            page, subject = _flat(columns, rows, rng) if flat else _crop(photo, columns, rows, rng)
            pages.append(page)
            maps.append(subject)
        return _stacked(pages), _stacked(maps)

    def subject_batch(self, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Whole labelled photos, or most of one, small, and their maps.

        The ones (size, 1, SIDE, SIDE), the others (size, 1, MAP_SIDE, MAP_SIDE), both float32 in [0, 1]. Some are
        made of two: one's subject on the other's ground, so that a subject is learnt apart from the places in which
        it was photographed.
        """
        known = self.labelled
        tones, maps = [], []
        for _ in range(size):
            tone, subject = _whole(known[rng.integers(len(known))], rng)
            if rng.random() < PASTED_SHARE:
                ground, there = _whole(known[rng.integers(len(known))], rng)
                cut = np.asarray(Image.fromarray(subject).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
                tone, subject = tone * cut + ground * (1 - cut), np.maximum(subject, there * (1 - subject))
            tones.append(_as_photographed(tone, rng))
            maps.append(subject)
        return _stacked(tones), _stacked(maps)

    def validation_pages(self, count: int, columns: int = 64, rows: int = 32) -> Tensor:
        """The middle squares of the first `count` validation photos, (n, 1, rows · 16, columns · 8)."""
        return _stacked([fit(stretch(middle(photo.tone)), columns, rows) for photo in self.validation[:count]])

    def validation_subjects(self, count: int) -> tuple[Tensor, Tensor]:
        """Up to `count` labelled validation photos, whole, and their maps, as `subject_batch` gives them."""
        known = [photo for photo in self.validation if photo.subject is not None][:count]
        if not known:
            return torch.zeros(0, 1, SIDE, SIDE), torch.zeros(0, 1, MAP_SIDE, MAP_SIDE)
        tones, maps = zip(*(_resized(photo, (0.0, 0.0, 1.0, 1.0)) for photo in known), strict=True)
        return _stacked(list(tones)), _stacked(list(maps))


def _stacked(pictures: list[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)[:, None])


def _resized(
    photo: Photo, part: tuple[float, float, float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A part (left, top, right, bottom; in [0, 1]) of a labelled photo, and of its map, at the branch's sizes.

    Raises ValueError for a photo without a label.
    """
    if photo.subject is None:
        raise ValueError("a photo without a label has no subject to learn")
    return _scaled(photo.tone, part, SIDE), _scaled(photo.subject, part, MAP_SIDE)


def _scaled(picture: Tone, part: tuple[float, float, float, float], side: int) -> NDArray[np.float32]:
    height, width = picture.shape
    box = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
    small = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR, box, reducing_gap=2.0)
    return np.asarray(small, np.float32) / np.float32(255)


def _whole(photo: Photo, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    wide, high = rng.uniform(0.55, 1.0, 2)
    left, top = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - high)
    tone, subject = _resized(photo, (left, top, left + wide, top + high))
    return (tone[:, ::-1], subject[:, ::-1]) if rng.random() < 0.5 else (tone, subject)


def middle(tone: Tone) -> NDArray[np.float32]:
    """The middle square of a photo's tone, (side, side) in [0, 1]."""
    side = min(tone.shape)
    top, left = (tone.shape[0] - side) // 2, (tone.shape[1] - side) // 2
    middle: NDArray[np.float32] = tone[top : top + side, left : left + side].astype(np.float32) / np.float32(255)
    return middle


def _flat(columns: int, rows: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    page = np.full((rows * CELL_HEIGHT, columns * CELL_WIDTH), rng.uniform(-0.1, 1.1), np.float32).clip(0, 1)
    return page, _NOWHERE


_NOWHERE: Final = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)


def _crop(
    photo: Photo, columns: int, rows: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
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
    return _as_photographed(values, rng), subject


def _as_photographed(tone: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The tone in another light, by another camera, or for dark paper."""
    values = tone ** float(np.exp(rng.normal(0, 0.25)))
    values = (values - 0.5) * rng.uniform(0.75, 1.15) + 0.5 + rng.normal(0, 0.04)
    if rng.random() < 0.2:
        values = values + rng.normal(0, 0.03, values.shape).astype(np.float32)
    if rng.random() < DARK_SHARE:
        values = 1.0 - values
    seen: NDArray[np.float32] = np.clip(values, 0, 1).astype(np.float32)
    return seen
