"""Bytes in, PNG out: decode → tone → generator → paint → encode, each stage timed. Knows no queue, no Discord."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from models.paint import encode_png, paint
from models.palettes import Background
from models.picture import decode
from models.renderer import Renderer
from models.tone import tone_of

T = TypeVar("T")
Stages = dict[str, float]


@dataclass(frozen=True)
class Drawing:
    """A finished picture: the file's bytes and its size in cells."""

    png: bytes
    columns: int
    rows: int


def draw(
    renderer: Renderer, data: bytes, *, palette: str, columns: int, background: Background, stages: Stages
) -> Drawing:
    """Draw a picture file; `stages` receives the milliseconds of each stage, also of those before a failure.

    Raises PictureProblem for a picture or an option that cannot be drawn.
    """
    rgb = timed(stages, "decode", lambda: decode(data, background=background))
    tone = timed(stages, "tone", lambda: tone_of(rgb))
    grid = timed(stages, "generator", lambda: renderer.grid(tone, columns=columns))
    image = timed(stages, "paint", lambda: paint(grid, palette, background, rgb=rgb))
    png = timed(stages, "encode", lambda: encode_png(image))
    return Drawing(png, grid.columns, grid.rows)


def timed(stages: Stages, name: str, work: Callable[[], T]) -> T:
    """Do the work and note its milliseconds under `name`, whether it succeeds or raises."""
    start = time.perf_counter()
    try:
        return work()
    finally:
        stages[name] = round((time.perf_counter() - start) * 1000, 1)
