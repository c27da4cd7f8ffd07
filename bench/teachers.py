"""Pairs a second of each teacher, beside a loop that draws every character: `python -m bench.teachers`.

A pair is a photo of 512×512 px and its page of 64×32 characters, painted in the default palette. The loop is
how the reference renderer draws: one `ImageDraw.text` per character. One thread, sample photos, medians of processor time.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

from models.atlas import CELL_HEIGHT, CELL_WIDTH, default_atlas
from models.grid import Grid
from models.page import page_of
from models.paint import paint
from models.palettes import DEFAULT_PALETTE, find_palette, row_inks
from models.picture import decode
from models.ramp import ramp_grid
from models.teachers import climb, search, search_varied, sharpen
from models.tone import fit, tone_of

COLUMNS, ROWS = 64, 32
SWEEPS: Final = 12
SAMPLES: Final = Path(__file__).parents[1] / "docs" / "samples"
Rgb = NDArray[np.uint8]


def main() -> None:
    """Time every teacher on every sample photo and print one table."""
    torch.set_num_threads(1)
    atlas = default_atlas()
    ink = torch.from_numpy(atlas.ink)
    photos = [_square(path) for path in sorted(SAMPLES.glob("*.jpg"))]
    font = ImageFont.load_default(12)

    def loop(rgb: Rgb) -> object:
        return _draw_each(ramp_grid(rgb, COLUMNS, ROWS, atlas), font)

    def painted(grid: Grid) -> Image.Image:
        return paint(page_of(grid, DEFAULT_PALETTE))

    def taught(teach: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Rgb], object]:
        def make(rgb: Rgb) -> object:
            tone = torch.from_numpy(fit(tone_of(rgb), COLUMNS, ROWS))[None, None]
            return painted(Grid(teach(tone)[0].numpy(), atlas))

        return make

    ways: dict[str, tuple[Callable[[Rgb], object], int]] = {
        "ramp, drawn character by character": (loop, 15),
        "ramp": (lambda rgb: painted(ramp_grid(rgb, COLUMNS, ROWS, atlas)), 60),
        "search": (taught(lambda tone: search(sharpen(tone), ink)), 15),
        "search with a variety prior": (taught(lambda tone: search_varied(sharpen(tone), ink)), 15),
        f"climber, {SWEEPS} sweeps": (
            taught(lambda tone: climb(tone, search(sharpen(tone), ink), ink, SWEEPS)[0]),
            2,
        ),
    }
    table = Table("teacher", "ms a pair", "pairs a second", "times the loop")
    base = 0.0
    for name, (make, times) in ways.items():
        seconds = statistics.median(_seconds(make, photo) for _ in range(times) for photo in photos)
        base = base or seconds
        table.add_row(name, f"{seconds * 1000:.2f}", f"{1 / seconds:.1f}", f"{base / seconds:.2f}")
    Console(width=100).print(table)


def _square(path: Path) -> Rgb:
    rgb = decode(path.read_bytes())
    side = min(rgb.shape[:2])
    return np.asarray(Image.fromarray(rgb[:side, :side]).resize((COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT)))


def _draw_each(grid: Grid, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    page = Image.new("RGB", (grid.columns * CELL_WIDTH, grid.rows * CELL_HEIGHT), "white")
    draw = ImageDraw.Draw(page)
    inks = row_inks(find_palette(DEFAULT_PALETTE), grid.rows, "light")
    for row, line in enumerate(grid.glyphs):
        for column, glyph in enumerate(line):
            at = (column * CELL_WIDTH, row * CELL_HEIGHT)
            draw.text(at, grid.atlas.charset[glyph], tuple(map(int, inks[row])), font)
    return page


def _seconds(make: Callable[[Rgb], object], photo: Rgb) -> float:
    start = time.process_time()
    make(photo)
    return time.process_time() - start


if __name__ == "__main__":
    main()
