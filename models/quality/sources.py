"""Which photos are measured with: a folder's in an order of their own, or those that training leaves out."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.problems import PictureProblem, Refused
from models.rendering.decode import decode
from models.rendering.tone import stretch, tone_of
from models.training.augmentation import middle
from models.training.data import Photos
from models.training.files import photos_below
from models.training.labels import MAX_SIDE

Ink = NDArray[np.float32]
"""A page's tone or ink, (H, W) in [0, 1]."""


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
