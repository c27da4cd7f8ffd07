"""Ink to picture: a page of characters at 8×16 px a cell, as pixels and as PNG bytes."""

import io

import numpy as np
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.palettes import PAPER
from models.rendering.page import Page


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
