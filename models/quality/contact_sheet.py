"""One picture in every palette, on light paper and on dark: a sheet to choose from."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.atlas import Atlas, default_atlas
from models.encoders.png import paint
from models.page import Grid, page_of
from models.palettes import PAPER, Background

GAP = 16
"""px between pages, and the height of a label."""


def palette_sheet(
    grids: Mapping[Background, Grid], photos: Mapping[Background, NDArray[np.uint8]], palettes: Sequence[str]
) -> Image.Image:
    """A labelled pair of pages for each palette, two pairs across.

    `grids` has the characters for each paper, all of one size, `photos` the (H, W, 3) pixels they were made from.
    Raises PictureProblem `bad_palette`.
    """
    pairs = [_pair(grids, photos, palette) for palette in palettes]
    width, height = pairs[0].width + GAP, pairs[0].height + GAP
    sheet = Image.new("RGB", (2 * width + GAP, -(-len(pairs) // 2) * height + GAP), PAPER["light"])
    for number, pair in enumerate(pairs):
        sheet.paste(pair, (GAP + number % 2 * width, GAP + number // 2 * height))
    return sheet


def _pair(
    grids: Mapping[Background, Grid], photos: Mapping[Background, NDArray[np.uint8]], palette: str
) -> Image.Image:
    light, dark = (paint(page_of(grids[paper], palette, paper, photos[paper])) for paper in ("light", "dark"))
    pair = Image.new("RGB", (light.width + GAP + dark.width, GAP + light.height), PAPER["light"])
    pair.paste(paint(page_of(_label(palette, default_atlas()), "mono")))
    pair.paste(light, (0, GAP))
    pair.paste(dark, (light.width + GAP, GAP))
    return pair


def _label(text: str, atlas: Atlas) -> Grid:
    return Grid(np.array([[atlas.charset.index(character) for character in text]], np.int64), atlas)
