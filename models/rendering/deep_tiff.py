"""TIFFs of numbers that Pillow does not know: half and double precision, signed, deep colour, to 8 bits."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.files.tiff import (
    BY_BYTES,
    FLOATING,
    HORIZONTAL,
    MOST_BYTES,
    RGB,
    SIGNED,
    UNSIGNED,
    WHITE_IS_ZERO,
    TiffFile,
)
from models.problems import PictureProblem
from models.rendering.deep_grey import to_levels
from models.rendering.pillow_file import opened

_LETTERS: Final = {UNSIGNED: "u", SIGNED: "i", FLOATING: "f"}
_ALPHA: Final = (1, 2)
_ORIENTATION: Final = 0x0112


def load_tiff(file: TiffFile, data: bytes) -> Image.Image:
    """The first page as mode L, LA, RGB or RGBA.

    Raises PictureProblem `unknown_tiff`, `too_heavy`, or one of models.rendering.pillow_file.PILLOW_ERRORS.
    """
    if not file.readable:
        raise PictureProblem("unknown_tiff", file.kind, kind=file.kind)
    planes = [_numbers(file, page) for page in file.pages(data)]
    numbers = np.concatenate(planes, -1) if len(planes) > 1 else planes[0]
    colours = 3 if file.photometric == RGB else 1
    levels = to_levels(numbers[..., :colours], _whites(file))
    if file.photometric == WHITE_IS_ZERO:
        levels = 255 - levels
    if file.extra and file.extra[0] in _ALPHA and numbers.shape[-1] > colours:
        levels = np.concatenate([levels, to_levels(numbers[..., colours : colours + 1], _whites(file))], -1)
    image = Image.fromarray(levels.squeeze(-1) if levels.shape[-1] == 1 else levels)
    exif = Image.Exif()
    exif[_ORIENTATION] = file.orientation
    image.info["exif"] = exif.tobytes()
    image.info["icc_profile"] = file.profile
    return image


def _whites(file: TiffFile) -> tuple[float, ...]:
    """What is white, the least of these that is enough: 16 bits have a range; of others TIFF does not tell."""
    if file.format == FLOATING:
        return (1.0, 255.0, 65535.0)
    highest = 2.0 ** (file.bits - (file.format == SIGNED)) - 1
    return (highest,) if file.bits <= 16 else (65535.0,)


def _numbers(file: TiffFile, page: bytes) -> NDArray[np.generic]:
    """(H, W, samples) of a page of bytes."""
    each = 1 if file.planes else file.samples
    width = file.bits // 8
    with opened(page, MOST_BYTES) as image:
        image.load()
        rows = np.asarray(image)
    across = file.part[0] * each * width if file.tiled else rows.shape[1]
    kind = np.dtype(f"{_LETTERS[file.format]}{width}")
    parts = [_undone(file, rows[:, at : at + across], each, kind) for at in range(0, rows.shape[1], across)]
    return np.concatenate(parts, 1).reshape(file.height, -1, each)[:, : file.width]


def _undone(file: TiffFile, rows: NDArray[np.uint8], each: int, kind: np.dtype[np.generic]) -> NDArray[np.generic]:
    """(H, n) numbers of a strip's or tile's rows of bytes, its predictor undone."""
    if file.predictor == BY_BYTES:
        height, length = rows.shape
        sums = np.cumsum(rows.reshape(height, -1, each), axis=1, dtype=np.uint8).reshape(height, length)
        # The bytes of all numbers' highest parts come first, then the next ones.
        bytewise = sums.reshape(height, kind.itemsize, -1).transpose(0, 2, 1)
        return np.ascontiguousarray(bytewise).view(kind.newbyteorder(">"))[..., 0]
    numbers = np.ascontiguousarray(rows).view(kind.newbyteorder(file.order))
    if file.predictor == HORIZONTAL:
        whole = numbers.astype(f"u{kind.itemsize}").reshape(len(rows), -1, each)
        return np.cumsum(whole, axis=1, dtype=whole.dtype).reshape(len(rows), -1).view(kind)
    return numbers
