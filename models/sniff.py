"""Look at a picture's header, decode nothing: is it one we draw, and how large is it?

The bot asks, beside its token and with everybody waiting. So no library parses a stranger's bytes here: readers of
our own (`models.files`) follow a header for so many steps, copy next to nothing, and leave unread what they do not
need. Whether the rest of a file is sound, its decoder tells, in a process of its own.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models import limits
from models.containers import video_container
from models.files import bmp, boxes, gif, jpeg, png, tiff, webp
from models.problems import PictureProblem

SUFFIXES_OF: Final = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "HEIF": (".heic", ".heif"),
}
"""Suffixes of each format's files, in lower case, the usual one first."""
SUFFIXES: Final = frozenset(suffix for suffixes in SUFFIXES_OF.values() for suffix in suffixes)
"""Suffixes of picture files: of photos to draw, to train on, and among attachments. Videos have theirs in
`models.containers`."""

_BEGINNINGS: Final[tuple[tuple[str, tuple[bytes, ...]], ...]] = (
    ("PNG", (png.SIGNATURE,)),
    ("JPEG", (jpeg.SIGNATURE,)),
    ("GIF", gif.SIGNATURES),
    ("TIFF", tiff.SIGNATURES),
    ("BMP", (bmp.SIGNATURE,)),
)
_SIZE_OF: Final[dict[str, Callable[[bytes], tuple[int, int]]]] = {
    "PNG": png.size_of,
    "JPEG": jpeg.size_of,
    "GIF": gif.size_of,
    "WEBP": webp.size_of,
    "AVIF": boxes.size_of,
    "HEIF": boxes.size_of,
    "TIFF": tiff.size_of,
    "BMP": bmp.size_of,
}


@dataclass(frozen=True)
class PictureInfo:
    """What a header says: the format, a name in SUFFIXES_OF; size in pixels as stored (before EXIF rotation).

    Of a video it is the kind of container, and the size is 0×0: which frames are in it, its decoder tells.
    """

    format: str
    width: int
    height: int


def format_of(data: bytes) -> str | None:
    """A name in SUFFIXES_OF, by the first bytes; None for what is no picture, as videos are none."""
    for name, signatures in _BEGINNINGS:
        if data.startswith(signatures):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return boxes.format_of(data)


def sniff(data: bytes) -> PictureInfo:
    """Check bytes against every limit that the header can tell.

    Raises PictureProblem: `empty`, `too_many_bytes`, `not_a_picture`, `broken`, `too_many_pixels`,
    `too_small`, `too_thin` or `too_slow`.
    """
    check_bytes(data)
    if not data:
        raise PictureProblem("empty")
    if kind := video_container(data):
        return PictureInfo(kind, 0, 0)
    name = format_of(data)
    if name is None:
        raise PictureProblem("not_a_picture", f"begins {data[:12]!r}")
    try:
        width, height = _SIZE_OF[name](data)
    except (struct.error, IndexError, KeyError, ArithmeticError) as error:
        raise PictureProblem("broken", f"{name}: {error!r}") from None
    if width <= 0 or height <= 0:
        raise PictureProblem("broken", f"{name} of {width}×{height}")
    check_size(width, height, most_pixels(name))
    return PictureInfo(name, width, height)


def check_bytes(data: bytes) -> None:
    """Raises PictureProblem `too_many_bytes`."""
    most = limits.MAX_VIDEO_BYTES if video_container(data) else limits.MAX_BYTES
    if len(data) > most:
        raise PictureProblem("too_many_bytes", f"{len(data)} bytes", limit_mb=most // 2**20)


def most_pixels(name: str | None) -> int:
    """How many pixels a picture of a format may have."""
    return limits.MAX_PIXELS_JPEG if name == "JPEG" else limits.MAX_PIXELS


def check_size(width: int, height: int, most: int) -> None:
    """For sizes in pixels, and `most` pixels in all. Raises PictureProblem `too_many_pixels`, `too_small` or
    `too_thin`."""
    size = {"width": f"{width:,}", "height": f"{height:,}"}
    if width * height > most:
        raise PictureProblem("too_many_pixels", f"{width}×{height}", limit_mp=most // 1_000_000, **size)
    if min(width, height) < limits.MIN_SIDE:
        raise PictureProblem("too_small", f"{width}×{height}", least=limits.MIN_SIDE, **size)
    if max(width, height) > limits.MAX_RATIO * min(width, height):
        raise PictureProblem("too_thin", f"{width}×{height}", ratio=limits.MAX_RATIO, **size)
