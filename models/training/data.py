"""Photos in a folder: endless crops of them to train on, and those to measure with.

Every photo is read once and kept as 8-bit luminance; a batch is drawn from random photos at random scales,
flipped, with random gamma, contrast, noise and blur, sometimes inverted (models.training.augmentation). Photos are
told apart by the hash of their pixels: duplicates count once, and one in VALIDATION_SHARE is never trained on.
Beside a photo may lie a map of its subject (models.training.labels), which is cropped and flipped with it.
"""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.file_sentences import reason
from models.nn.architecture import MAP_SIDE, SIDE
from models.problems import PictureProblem, Refused
from models.rendering.still import decode
from models.rendering.tone import fit, stretch, tone_of
from models.sniff import SUFFIXES
from models.training.augmentation import Photo, augmented, flat_page, middle, random_crop, random_view, view
from models.training.labels import MAX_SIDE, read_label

VALIDATION_SHARE: Final = 16
FLAT_SHARE: Final = 0.04
"""Share of pages of a single tone, which photos hardly ever are and users' files sometimes."""
PASTED_SHARE: Final = 0.3
"""Share of the subject branch's photos that are made of two."""

Ink = NDArray[np.float32]
"""A page's tone or ink, (H, W) in [0, 1]."""


class Photos:
    """A folder's photos, split into `train` and `validation`."""

    def __init__(self, folder: Path, subjects: Path | None = None, out: Path | None = None) -> None:
        """Read every picture below `folder`, and its subject's map in `subjects`; unreadable ones are in `refused`.

        What a run leaves in `out`, and those maps, are no photos. Raises Refused when fewer than two pictures can
        be read, when `subjects` has a map of none of them, and where one of these is the folder itself.
        """
        self.train: list[Photo] = []
        self.validation: list[Photo] = []
        self.refused: list[str] = []
        seen: set[bytes] = set()
        for path in pictures_below(folder, subjects, out):
            try:
                rgb = decode(path.read_bytes(), MAX_SIDE)
            except (OSError, PictureProblem) as problem:
                self.refused.append(f"{path.name}: {reason(problem)}")
                continue
            digest = hashlib.sha256(rgb.tobytes()).digest()
            if digest in seen:
                continue
            seen.add(digest)
            tone = np.rint(tone_of(rgb) * 255).astype(np.uint8)
            photo = Photo(path, tone, read_label(subjects, digest) if subjects else None)
            (self.train if digest[0] % VALIDATION_SHARE else self.validation).append(photo)
        if len(seen) < 2:
            raise Refused(f"{folder} holds {len(seen)} pictures that can be read; training needs two or more")
        if subjects and all(photo.subject is None for photo in self.train + self.validation):
            raise Refused(f"{subjects} has labels of no photo in {folder}: `glyphcord labels` makes them")
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
            page, subject = flat_page(columns, rows, rng) if flat else random_crop(photo, columns, rows, rng)
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
            tone, subject = random_view(known[rng.integers(len(known))], rng)
            if rng.random() < PASTED_SHARE:
                ground, there = random_view(known[rng.integers(len(known))], rng)
                cut = np.asarray(Image.fromarray(subject).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
                tone, subject = tone * cut + ground * (1 - cut), np.maximum(subject, there * (1 - subject))
            tones.append(augmented(tone, rng))
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
        tones, maps = zip(*map(view, known), strict=True)
        return _stacked(list(tones)), _stacked(list(maps))


def _stacked(pictures: list[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)[:, None])


def pictures_below(folder: Path, *made: Path | None) -> list[Path]:
    """Every picture file below a folder, in order, but for those in folders inside it that commands fill.

    Raises Refused where one of them is the folder itself.
    """
    photos, filled = folder.resolve(), {path.resolve() for path in made if path is not None}
    if photos in filled:
        raise Refused(
            f"what is made in {folder} would be taken for photos the next time; choose another folder for it"
        )
    inside = {path for path in filled if photos in path.parents}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return [path for path in found if not inside.intersection(path.resolve().parents)] if inside else found


def photos_below(folder: Path, *made: Path | None) -> list[Path]:
    """As `pictures_below`. Raises Refused where there is none, too."""
    photos = pictures_below(folder, *made)
    if not photos:
        raise Refused(f"{folder} holds no photos")
    return photos


def read_tones(folder: Path, count: int, *, held_out: bool) -> list[Ink]:
    """Tones (side, side) of the middle squares of up to `count` photos, in the order of their content's hash.

    `held_out` takes only those that training on this folder leaves out. Raises Refused when there is none.
    """
    if held_out:
        return [stretch(middle(photo.tone)) for photo in Photos(folder).validation[:count]]
    tones: list[Ink] = []
    for path in by_content(folder):
        if len(tones) == count:
            break
        try:
            tone = tone_of(decode(path.read_bytes(), MAX_SIDE))
        except PictureProblem:
            continue
        tones.append(stretch(middle(np.rint(tone * 255).astype(np.uint8))))
    if not tones:
        raise Refused(f"{folder} holds no picture that can be read")
    return tones


def by_content(folder: Path) -> list[Path]:
    """The folder's pictures in the order of their content's hash. Raises Refused when there are none."""
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}")
    files = photos_below(folder)
    return [path for _, path in sorted((hashlib.sha256(path.read_bytes()).digest(), path) for path in files)]


def held_out_files(folder: Path) -> list[Path]:
    """The files of the photos that training on this folder leaves out. Raises Refused as `Photos` does."""
    return [photo.path for photo in Photos(folder).validation]
