"""Bytes in, plain sRGB pixels out: EXIF rotation, transparency, palettes, CMYK and 16 bits handled here.

Decoding runs C code that nothing in Python can interrupt, so it belongs in a process that may be killed.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from models.palettes import PAPER, Background
from models.problems import PictureProblem
from models.sniff import PILLOW_ERRORS, open_header, sniff

# What 16-bit PNGs open as; none of the formats taken has deeper pixels.
_DEEP_GREY = ("I", "I;16", "I;16B")


def decode(data: bytes, max_side: int = 2048, background: Background = "light") -> NDArray[np.uint8]:
    """The first frame as (H, W, 3) sRGB bytes, upright, its longest side at most `max_side` px.

    Transparent parts show the paper of `background`. Raises PictureProblem as `sniff` does, `broken`, or
    `too_heavy` where the process's memory is limited.
    """
    sniff(data)
    with open_header(data) as image, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Only JPEG can do this: decode at 1/2, 1/4 or 1/8, never below the size asked for.
            image.draft(None, (max_side, max_side))
            image.load()
            flat = plain(image, background)
            flat.thumbnail((max_side, max_side), Image.Resampling.BOX, reducing_gap=2.0)
        except MemoryError as error:
            raise PictureProblem("too_heavy", repr(error)) from None
        except PILLOW_ERRORS as error:
            raise PictureProblem("broken", repr(error)) from None
    return np.asarray(flat, np.uint8)


def plain(image: Image.Image, background: Background) -> Image.Image:
    """A loaded picture upright, in sRGB, and opaque on the paper of `background`: mode RGB."""
    return _flatten(_to_srgb(ImageOps.exif_transpose(image)), background)


def _to_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *PILLOW_ERRORS):
        return image  # a damaged or mismatched profile says nothing about the pixels
    return converted if converted is not None else image


def _flatten(image: Image.Image, background: Background) -> Image.Image:
    if image.mode in _DEEP_GREY:
        return _deep_grey(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, (*PAPER[background], 255))
        paper.alpha_composite(image.convert("RGBA"))
        return paper.convert("RGB")
    return image.convert("RGB")


def _deep_grey(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits. Pillow's own conversion clips at 255 instead."""
    values = np.asarray(image, np.float32).clip(0, 65535)
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))
