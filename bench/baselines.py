"""Pairs a second of each baseline, beside a loop that draws every character: `python -m bench.baselines`.

A pair, as training takes it, is a tone of 512×512 px and its page of 64×32 characters in ink. The loop draws as
the reference renderer does, one `ImageDraw.text` per character, on characters that the ramp has chosen for it.
One thread; the medians of processor time, so that a busy machine changes little.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table
from torch import Tensor

from models.atlas import CELL_HEIGHT, CELL_WIDTH, default_atlas
from models.baselines.local_search import SWEEPS, local_search
from models.baselines.per_cell import paint_ink, ramp, search, shade, trace
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of

COLUMNS, ROWS, BATCH = 64, 32, 16
SAMPLES: Final = Path(__file__).parents[1] / "docs" / "samples"


def main() -> None:
    """Time every baseline on a batch of sample photos and print one table."""
    torch.set_num_threads(1)
    atlas = default_atlas()
    ink = torch.from_numpy(atlas.ink)
    photos = [tone_of(decode(path.read_bytes())) for path in sorted(SAMPLES.glob("*.jpg"))]
    tones = torch.from_numpy(np.stack([fit(photos[i % len(photos)], COLUMNS, ROWS) for i in range(BATCH)])[:, None])
    font = ImageFont.load_default(12)

    def loop() -> None:
        for page in ramp(tones, atlas.charset).tolist():
            _draw_each(page, atlas.charset, font)

    def painted(rule: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        return lambda: paint_ink(rule(tones), ink)

    def searched(tone: Tensor) -> Tensor:
        return local_search(tone, shade(tone, ink), ink, SWEEPS)[0]

    ways: dict[str, tuple[Callable[[], object], int]] = {
        "ramp, drawn character by character": (loop, 3),
        "ramp": (painted(lambda tone: ramp(tone, atlas.charset)), 30),
        "search": (painted(lambda tone: search(tone, ink)), 5),
        "shade": (painted(lambda tone: shade(tone, ink)), 5),
        "strokes traced": (painted(lambda tone: trace(tone, ink)[0]), 3),
        f"local search, {SWEEPS} sweeps": (painted(searched), 3),
    }
    table = Table("baseline", "ms a pair", "pairs a second", "times the loop")
    base = 0.0
    for name, (make, times) in ways.items():
        make()
        seconds = statistics.median(_seconds(make) for _ in range(times)) / BATCH
        base = base or seconds
        table.add_row(name, f"{seconds * 1000:.2f}", f"{1 / seconds:.1f}", f"{base / seconds:.2f}")
    Console(width=100).print(table)


def _draw_each(page: list[list[int]], charset: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> None:
    draw = ImageDraw.Draw(Image.new("L", (COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT)))
    for row, line in enumerate(page):
        for column, glyph in enumerate(line):
            draw.text((column * CELL_WIDTH, row * CELL_HEIGHT), charset[glyph], 255, font)


def _seconds(make: Callable[[], object]) -> float:
    start = time.process_time()
    make()
    return time.process_time() - start


if __name__ == "__main__":
    main()
