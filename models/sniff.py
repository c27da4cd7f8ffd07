"""Look at a picture's header, decode nothing: is it one we draw, how large is it, how many frames has it?

Pillow reads headers lazily, so this is cheap and safe in the bot's process. Only the listed formats may
open a file: without the list a PostScript file under a `.png` name would start Ghostscript.
"""

import io
import struct
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageFile

from models import limits
from models.containers import video_container
from models.files import jpeg, png, tiff
from models.problems import PictureProblem

try:
    from pillow_heif import register_heif_opener
except ImportError:
    HEIC = False
else:
    HEIC = True
    register_heif_opener(thumbnails=False)

FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", *(("HEIF",) if HEIC else ()))
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

# What Pillow raises on damaged headers beyond OSError (seen over several hundred hostile files).
PILLOW_ERRORS: Final = (
    OSError,
    ValueError,
    TypeError,
    SyntaxError,
    RuntimeError,
    IndexError,
    KeyError,
    OverflowError,
    AttributeError,
    EOFError,
    MemoryError,
    ArithmeticError,
    AssertionError,
    struct.error,
)
# How files of these formats begin: one that begins so and yet cannot be opened is damaged.
_BEGINNINGS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_AVIF_BRANDS: Final = (b"avif", b"avis")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class PictureInfo:
    """What a header says: Pillow's format name, size in pixels as stored (before EXIF rotation).

    Of a video it is the kind of container, and the size is 0×0: which frames are in it, its decoder tells.
    """

    format: str
    width: int
    height: int


def open_header(data: bytes) -> ImageFile.ImageFile:
    """Open without decoding, for what the header tells. Raises as `opened`, and PictureProblem `too_slow`."""
    if data.startswith(png.SIGNATURE):
        return opened(png.read(data).alone(png.PngFrame()))
    if data.startswith(jpeg.SIGNATURE):
        return opened(jpeg.picture_of(data).ended)
    return opened(data)


def is_known(data: bytes) -> bool:
    """Whether Pillow opens a file."""
    try:
        opened(data).close()
    except PictureProblem as problem:
        return problem.code != "broken"
    return True


def opened(data: bytes) -> ImageFile.ImageFile:
    """Pillow's picture of a file, not yet decoded.

    Raises PictureProblem `empty`, `not_a_picture`, `broken` or `too_many_pixels`.
    """
    if not data:
        raise PictureProblem("empty")
    try:
        with warnings.catch_warnings():
            # Pillow warns of damage that it reads past, and above its own soft limit; ours, below, decides.
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureProblem(
            "too_many_pixels",
            str(error),
            width="more than 10,000",
            height="10,000",
            limit_mp=limits.MAX_PIXELS // 1_000_000,
        ) from None
    except PILLOW_ERRORS as error:
        raise PictureProblem(_what_it_was(data), repr(error)) from None


def _what_it_was(data: bytes) -> str:
    """The problem's code for bytes that would not open, by how they begin."""
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    if brand in _HEIC_BRANDS and not HEIC:
        return "no_heic"
    known = brand in _AVIF_BRANDS + _HEIC_BRANDS or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
    return "broken" if known or data.startswith(_BEGINNINGS) else "not_a_picture"


def sniff(data: bytes) -> PictureInfo:
    """Check bytes against every limit that the header can tell.

    Raises PictureProblem: `empty`, `too_many_bytes`, `not_a_picture`, `broken`, `too_many_pixels`,
    `too_small`, `too_thin`, `too_slow` or `unknown_tiff`.
    """
    check_bytes(data)
    if kind := video_container(data):
        return PictureInfo(kind, 0, 0)
    picture = jpeg.picture_of(data) if data.startswith(jpeg.SIGNATURE) else None
    if data.startswith(tiff.SIGNATURES) and not is_known(data):
        page = tiff.read(data)
        if not page.readable:
            raise PictureProblem("unknown_tiff", page.kind, kind=page.kind)
        info = PictureInfo("TIFF", page.width, page.height)
    else:
        with open_header(data) if picture is None else opened(picture.ended) as image:
            info = PictureInfo(image.format or "?", image.width, image.height)
    check_size(info.width, info.height, limits.MAX_PIXELS if picture is None else limits.MAX_PIXELS_JPEG)
    if picture is not None and picture.scans > limits.MAX_JPEG_SCANS:
        raise PictureProblem("too_slow", f"{picture.scans} scans")
    return info


def check_bytes(data: bytes) -> None:
    """Raises PictureProblem `too_many_bytes`."""
    most = limits.MAX_VIDEO_BYTES if video_container(data) else limits.MAX_BYTES
    if len(data) > most:
        raise PictureProblem("too_many_bytes", f"{len(data)} bytes", limit_mb=most // 2**20)


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
