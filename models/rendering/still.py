"""Bytes in, plain sRGB pixels out: EXIF rotation, profiles, transparency, CMYK and deep grey handled here.

Decoding runs C code that nothing in Python can interrupt, so it belongs in a process that may be killed.
"""

import io
import warnings
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms

from models.palettes import BackgroundChoice
from models.problems import PictureProblem
from models.rendering.deep_grey import DEEP_GREY, to_8_bits
from models.rendering.load import load
from models.rendering.pillow_file import PILLOW_ERRORS
from models.rendering.transparency import glance_of, lift_for, nearest_paper, on_paper, paper_for
from models.sniff import sniff

_REDUCIBLE: Final = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB")
_ORIENTATION: Final = 0x0112
MAX_SIDE: Final = 2048
"""px to which a picture is made smaller: a page of the most columns has fewer."""
SEEN_THROUGH: Final = 0.02
"""Share of a picture that has to be transparent to settle its paper: more than a screenshot's rounded corners."""
# What EXIF's orientation asks for, by its number.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, max_side: int = MAX_SIDE, background: BackgroundChoice = "light") -> NDArray[np.uint8]:
    """As `decode_on`, the pixels alone."""
    return decode_on(data, max_side, background)[0]


class Flat(NamedTuple):
    """A picture of mode RGB, the paper it is on, or `auto`, and how far its colours were lifted off that."""

    image: Image.Image
    background: BackgroundChoice
    lift: float = 0.0


class Still(NamedTuple):
    """`pixels` is (H, W, 3) sRGB bytes; `background` the paper to draw them on, `auto` if that is open.

    `partial`: a part of the picture is missing from the file or damaged.
    """

    pixels: NDArray[np.uint8]
    background: BackgroundChoice
    partial: bool = False


def decode_on(data: bytes, max_side: int, background: BackgroundChoice) -> Still:
    """The first frame or page, upright, at most `max_side` px long or wide.

    Transparent parts, and missing ones, show the paper of `background`, and with `auto` that of `paper_for`, on
    which the picture is then to be drawn; one without any leaves `auto` open. Raises PictureProblem as `sniff`
    does, `broken`, or `too_heavy` where the process's memory is limited.
    """
    sniff(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = load(data, max_side)
            flat, background, _ = plain(loaded.image, background, max_side, loaded.seen)
            flat.thumbnail((max_side, max_side), Image.Resampling.BOX, reducing_gap=2.0)
        except MemoryError as error:
            raise PictureProblem("too_heavy", repr(error)) from None
        except PictureProblem:
            raise
        except PILLOW_ERRORS as error:
            raise PictureProblem("broken", repr(error)) from None
    return Still(np.asarray(flat, np.uint8), background, loaded.partial)


def plain(
    image: Image.Image,
    background: BackgroundChoice,
    max_side: int | None = None,
    seen: Image.Image | None = None,
    lift: float | None = 0.0,
) -> Flat:
    """A loaded picture upright, in sRGB, and opaque on the paper of `background`: mode RGB; and that paper.

    What is 0 in `seen`, of mode L and the same size, shows the paper too.

    With `auto` it is that of `paper_for`, and stays `auto` where next to nothing of it is seen; that little is then
    as the picture is (`nearest_paper`). What would not be seen on its paper is lifted
    (models.rendering.transparency), by `lift` at least: what the frames before had; with None it is not, and all
    colours are as they are.

    One much larger than `max_side` is made smaller before anything else, so that nothing else needs as much
    memory as it did; its longest side is then still more than that.
    """
    small = image
    if max_side and image.mode in _REDUCIBLE and (factor := int(max(image.size) / (1.5 * max_side))) > 1:
        small = image.reduce(factor)
        seen = seen.reduce(factor) if seen is not None else None
    flat = _flatten(_to_srgb(small), background, seen, lift)
    turn = _TURNS.get(_orientation(image))
    return flat if turn is None else flat._replace(image=flat.image.transpose(turn))


def _orientation(image: Image.Image) -> int:
    """EXIF's number, of a JPEG, PNG or TIFF, and for AVIF what its boxes say. Browsers turn no WebP."""
    if image.format == "WEBP":
        return 1
    # Pillow would take it from XMP if EXIF has none, which no browser does.
    for name in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(name, None)
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except MemoryError:
        raise
    except PILLOW_ERRORS:
        return 1  # damaged notes about a picture are no reason to refuse it


def _to_srgb(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        return _through(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    profile = image.info.get("icc_profile")
    if not profile or image.mode in DEEP_GREY:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode not in ("RGBA", "LA"):
            return _through(image, source)
        converted = _through(image.convert(image.mode[:-1]), source)
        converted.putalpha(image.getchannel("A"))
    except MemoryError:
        raise
    except (ImageCms.PyCMSError, *PILLOW_ERRORS):
        return image  # a damaged or mismatched profile says nothing about the pixels
    return converted


def _through(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if converted is None:
        raise ValueError("no new picture came of a conversion that was not asked to be in place")
    return converted


def _flatten(
    image: Image.Image, background: BackgroundChoice, seen: Image.Image | None, lift: float | None
) -> Flat:
    """Opaque, and the paper below; `auto` stays open where next to nothing of that paper is seen."""
    if image.mode in DEEP_GREY:
        image = to_8_bits(image)
    clear = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    if seen is None and not clear:
        return Flat(image.convert("RGB"), background)
    over = image.convert("RGBA")
    glance = glance_of(over)
    whole = 1 - glance[..., 3].mean() / 255 <= SEEN_THROUGH
    if seen is not None:
        over.putalpha(ImageChops.multiply(over.getchannel("A"), seen))
        glance = glance_of(over)
    paper, settled = background, background
    if paper == "auto":
        settled = paper_for(glance) if 1 - glance[..., 3].mean() / 255 > SEEN_THROUGH else "auto"
        paper = settled if settled != "auto" else nearest_paper(glance)
    # A part that is missing from the file is no shape to be seen.
    raised = 0.0 if lift is None else lift if whole else max(lift, lift_for(glance, paper))
    return Flat(on_paper(over, paper, raised), settled, raised)
