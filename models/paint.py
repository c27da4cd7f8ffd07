"""Ink to picture: a page of characters in the colours of a palette, as PNG bytes."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.grid import Grid
from models.palettes import PAPER, Background, find_palette, readable_inks, row_inks


def paint(
    grid: Grid, palette: str, background: Background = "light", rgb: NDArray[np.uint8] | None = None
) -> Image.Image:
    """Paint the page at 8×16 px a cell.

    `rgb` is the photo, (H, W, 3), and needed by the palette `photo` only. Raises PictureProblem `bad_palette`,
    ValueError when the photo is needed and missing.
    """
    chosen = find_palette(palette)
    if chosen.top is None:
        if rgb is None:
            raise ValueError("the palette 'photo' needs the photo")
        means = Image.fromarray(rgb).resize((grid.columns, grid.rows), Image.Resampling.BOX)
        cells = readable_inks(np.asarray(means, np.uint8), background)
    else:
        inks = row_inks(chosen, grid.rows, background)
        cells = np.broadcast_to(inks[:, None, :], (grid.rows, grid.columns, 3))
    ink = cells.repeat(CELL_HEIGHT, 0).repeat(CELL_WIDTH, 1).astype(np.float32)
    paper = np.array(PAPER[background], np.float32)
    mixed = paper + (ink - paper) * grid.coverage()[..., None]
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def encode_png(image: Image.Image) -> bytes:
    """PNG bytes, every pixel kept."""
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=6)
    return stream.getvalue()
