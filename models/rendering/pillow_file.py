"""A file's bytes as Pillow's picture, not yet decoded: for a process that may be killed, never beside the token.

Only the listed formats may open a file: without the list a PostScript file under a `.png` name would start
Ghostscript.
"""

import io
import struct
import warnings
from typing import Final

from PIL import Image, ImageFile

from models import limits
from models.problems import PictureProblem
from models.sniff import format_of, most_pixels

try:
    from pillow_heif import register_heif_opener
except ImportError:
    HEIC = False
else:
    HEIC = True
    register_heif_opener(thumbnails=False)

FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", *(("HEIF",) if HEIC else ()))

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


def is_known(data: bytes) -> bool:
    """Whether Pillow opens a file."""
    try:
        opened(data).close()
    except PictureProblem as problem:
        return problem.code != "broken"
    return True


def opened(data: bytes, most: int | None = None) -> ImageFile.ImageFile:
    """Pillow's picture of a file, not yet decoded, of at most as many pixels as its format may have, or `most`.

    Raises PictureProblem `empty`, `not_a_picture`, `no_heic`, `broken` or `too_many_pixels`.
    """
    if not data:
        raise PictureProblem("empty")
    name = format_of(data)
    most = most_pixels(name) if most is None else most
    try:
        with warnings.catch_warnings():
            # Pillow warns of damage that it reads past, and above its own soft limit; ours, below, decides.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureProblem(
            "too_many_pixels",
            str(error),
            width="more than 10,000",
            height="10,000",
            limit_mp=limits.MAX_PIXELS // 1_000_000,
        ) from None
    except PILLOW_ERRORS as error:
        if name == "HEIF" and not HEIC:
            raise PictureProblem("no_heic", repr(error)) from None
        raise PictureProblem("broken" if name else "not_a_picture", repr(error)) from None
    # Not each library believes the numbers that our own reader of headers does.
    if image.width * image.height > most:
        size = {"width": f"{image.width:,}", "height": f"{image.height:,}"}
        image.close()
        raise PictureProblem("too_many_pixels", "in the decoder", limit_mp=most // 1_000_000, **size)
    return image
