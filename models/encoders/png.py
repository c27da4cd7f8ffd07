"""A page as pixels, 8×16 a cell, and as a picture file: exact, or under a byte limit with every glyph still sharp.

No page takes more than about 2 MB as PNG, so a limit is seldom met. Where it is, lossless WebP has the same
pixels at two thirds; after that coverage is rounded to fewer levels: edges get coarser, but nothing is scaled or
blurred.
"""

import io
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.page import Page
from models.palettes import PAPER

LEVELS: Final = (4, 2)
"""Levels of coverage to try, in order, when exact pixels do not fit; 2 is paper and ink alone."""


@dataclass(frozen=True)
class Picture:
    """A picture file. `levels`: how many levels of coverage are left, None for all."""

    data: bytes
    suffix: str
    levels: int | None = None


def paint(page: Page) -> Image.Image:
    """The page's picture, RGB, (columns · 8) × (rows · 16) px: ink over paper by each pixel's coverage."""
    inks = Image.fromarray(page.painted)
    size = (page.grid.columns * CELL_WIDTH, page.grid.rows * CELL_HEIGHT)
    picture = Image.new("RGB", size, PAPER[page.background])
    # Pillow mixes in bytes, ten times as fast as floats would.
    picture.paste(inks.resize(size, Image.Resampling.NEAREST), mask=Image.fromarray(page.grid.coverage_bytes()))
    return picture


def encode_png(image: Image.Image) -> bytes:
    """PNG bytes, every pixel kept; with a palette where 256 colours do, as in a page of one ink.

    Colours are inks times levels of coverage. One ink makes at most 256, and half the bytes; a gradient or a
    photo's inks make thousands and stay RGB.
    """
    stream = io.BytesIO()
    _indexed(image).save(stream, "PNG", compress_level=6)
    return stream.getvalue()


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


def _indexed(image: Image.Image) -> Image.Image:
    found = image.getcolors(256)
    if found is None:
        return image
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours = np.array(sorted(colour for _, colour in found), np.uint32)
    indices = np.searchsorted(colours @ weights, np.asarray(image, np.uint32) @ weights)
    indexed = Image.fromarray(indices.astype(np.uint8))
    indexed.putpalette(colours.astype(np.uint8).tobytes())
    return indexed
