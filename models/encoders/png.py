"""A page as a picture file: exact while that fits, and under a byte limit still with every glyph sharp.

No page takes more than about 2 MB as PNG, so a limit is seldom met. Where it is, lossless WebP has the same
pixels at two thirds; after that coverage is rounded to fewer levels: edges get coarser, but nothing is scaled or
blurred.
"""

import io
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.rendering.page import Page
from models.rendering.paint import encode_png, paint

LEVELS: Final = (4, 2)
"""Levels of coverage to try, in order, when exact pixels do not fit; 2 is paper and ink alone."""


@dataclass(frozen=True)
class Picture:
    """A picture file. `levels`: how many levels of coverage are left, None for all."""

    data: bytes
    suffix: str
    levels: int | None = None


def png(page: Page) -> bytes:
    """The painted page as PNG, every pixel kept."""
    return encode_png(paint(page))


def picture_within(page: Page, limit: int) -> Picture | None:
    """The best picture file of at most `limit` bytes; None when only fewer columns would help."""
    image = paint(page)
    exact = Picture(encode_png(image), "png")
    if len(exact.data) <= limit:
        return exact
    stream = io.BytesIO()
    image.save(stream, "WEBP", lossless=True, quality=50, exact=True)
    if stream.tell() <= limit:
        return Picture(stream.getvalue(), "webp")
    for levels in LEVELS:
        coarse = Picture(encode_png(paint(_with_levels(page, levels))), "png", levels)
        if len(coarse.data) <= limit:
            return coarse
    return None


def _with_levels(page: Page, levels: int) -> Page:
    ink = np.rint(page.grid.coverage() * (levels - 1)) / np.float32(levels - 1)
    return replace(page, grid=replace(page.grid, pixels=ink.astype(np.float32)))
