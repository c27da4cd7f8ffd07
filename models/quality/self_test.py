"""What a model makes of three photos that come with the library: numbers to judge it by, and a picture to see."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from models.arrays.measures import effective_glyphs, legibility, similarity
from models.atlas import densest
from models.encoders.png import encode_png, paint
from models.formats import picture_columns
from models.page import page_of
from models.palettes import DEFAULT_PALETTE
from models.rendering.renderer import Renderer
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of
from models.samples import SAMPLES

SIGMA: Final = 8.0
"""Blur at which similarity is measured, in px: a cell's width."""


@dataclass(frozen=True)
class SelfTest:
    """Means over the photos: similarity (SSIM of tone seen from afar, at most 1), legibility (1 is print), and how
    many different glyphs a page effectively has. `png` shows the pages side by side."""

    similarity: float
    legibility: float
    glyphs: float
    png: bytes


def self_test(renderer: Renderer) -> SelfTest:
    """Draw all of the bundled photos (focus 0), as wide as suits each, on light paper.

    Takes about half a second a photo on one CPU core.
    """
    pages, measured = [], []
    for path in SAMPLES:
        rgb = decode(path.read_bytes())
        tone = tone_of(rgb)
        height, width = tone.shape
        grid = renderer.grid(tone, picture_columns(width, height), focus=0.0)
        pages.append(paint(page_of(grid, DEFAULT_PALETTE, rgb=rgb)))
        wanted = fit(tone, grid.columns, grid.rows)
        grey = np.asarray(paint(page_of(grid, "mono")).convert("L"), np.float32)
        print_, ink = 1 - grey / np.float32(255), grid.atlas.ink
        shown = similarity(print_ / np.float32(densest(ink)), wanted, SIGMA)
        measured.append((shown, legibility(print_, ink), effective_glyphs(grid.glyphs)))
    sheet = Image.new("RGB", (sum(page.width for page in pages), max(page.height for page in pages)), "white")
    left = 0
    for page in pages:
        sheet.paste(page, (left, 0))
        left += page.width
    means = np.mean(measured, 0)
    return SelfTest(float(means[0]), float(means[1]), float(means[2]), encode_png(sheet))
