"""Bytes in, PNG out: decode → tone → generator → paint → encode, each stage timed. Knows no queue, no Discord."""

import io
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from jobs.observability import tracing as trace
from models import limits
from models.formats import block_columns, picture_columns
from models.options import RenderOptions
from models.palettes import Background, BackgroundChoice
from models.rendering.drawing import ink_of
from models.rendering.grid import Grid
from models.rendering.page import Page, page_of
from models.rendering.paint import encode_png, paint
from models.rendering.renderer import Renderer
from worker.render.decoder import Decoder

_log = logging.getLogger(__name__)

T = TypeVar("T")
Stages = dict[str, float]


@dataclass(frozen=True)
class Drawing:
    """A finished picture: its characters and its file's bytes. `shrunk`: the size asked for did not fit the GPU."""

    page: Page
    png: bytes
    shrunk: bool = False

    @property
    def columns(self) -> int:
        return self.page.columns

    @property
    def rows(self) -> int:
        return self.page.rows

    @property
    def background(self) -> Background:
        return self.page.background


def draw(
    renderer: Renderer,
    decoder: Decoder,
    data: bytes,
    *,
    options: RenderOptions,
    stages: Stages,
    go_on: Callable[[], None] = lambda: None,
) -> Drawing:
    """Draw a picture file; `stages` receives the milliseconds of each stage, also of those before a failure.

    Text for a message is as wide as fits one, at most `columns`, and its `auto` paper is dark: it is shown in the
    reader's theme, in Discord dark unless changed, where characters for light paper are a negative. Nor is its ink
    shaded there.

    `go_on` is called before each stage and after the last, and may end the work by raising. Raises PictureProblem
    for a picture or an option that cannot be drawn, torch.OutOfMemoryError when the GPU has no room for a smaller
    picture either, and DecoderFailed.
    """

    def stage(name: str, work: Callable[[], T]) -> T:
        go_on()
        return timed(stages, name, work)

    choice: BackgroundChoice = "dark" if options.background == "auto" and options.block else options.background
    rgb, choice = stage("decode", lambda: decoder.still(data, choice))
    ink, paper = stage("tone", lambda: ink_of(renderer, rgb, choice))
    height, width = ink.shape
    wide = _columns(options, width, height)
    grid, shrunk = stage(
        "generator", lambda: _grid(renderer, ink, wide, options.focus, shaded=options.block is None)
    )
    page = page_of(grid, options.palette, paper, rgb)
    image = stage("paint", lambda: paint(page))
    png = stage("encode", lambda: encode_png(image))
    go_on()
    return Drawing(page, png, shrunk)


def works(renderer: Renderer, decoder: Decoder) -> bool:
    """Whether a small picture comes out of all stages; if not, the log says why."""
    stream = io.BytesIO()
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(stream, "PNG")
    try:
        draw(renderer, decoder, stream.getvalue(), options=RenderOptions(columns=limits.MIN_COLUMNS), stages={})
    except Exception:
        _log.exception("self-test failed")
        return False
    return True


def timed(stages: Stages, name: str, work: Callable[[], T]) -> T:
    """Do the work and note its milliseconds under `name`, whether it succeeds or raises."""
    start = time.perf_counter()
    try:
        with trace.span(name):
            return work()
    finally:
        stages[name] = round((time.perf_counter() - start) * 1000, 1)


def _columns(options: RenderOptions, width: int, height: int) -> int:
    """How many columns a still picture gets."""
    block = options.block
    if block is None:
        return options.columns or picture_columns(width, height)
    most = options.columns or block.columns
    return min(most, block_columns(width, height, block) or most)


def _grid(
    renderer: Renderer, ink: NDArray[np.float32], columns: int, focus: float | None, *, shaded: bool
) -> tuple[Grid, bool]:
    """The page; where the GPU has no room for it, one of half the columns, and True."""
    try:
        return renderer.grid(ink, columns=columns, focus=focus, shaded=shaded), False
    except torch.OutOfMemoryError as error:
        _log.warning("gpu full columns=%d error=%r; trying once more, smaller", columns, str(error)[:200])
    # Only here: as long as the error is handled, its frames live, and with them the tensors to be freed.
    torch.cuda.empty_cache()
    fewer = max(limits.MIN_COLUMNS, columns // 2)
    return renderer.grid(ink, columns=fewer, focus=focus, shaded=shaded), columns > limits.MIN_COLUMNS
