"""Bytes in, PNG out: decode → tone → generator → paint → encode, each stage timed. Knows no queue, no Discord."""

import io
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from jobs import trace
from models import limits
from models.forms import FILE, inline_columns
from models.grid import Grid
from models.page import Page, page_of
from models.paint import encode_png, paint
from models.palettes import DEFAULT_PALETTE, Background
from models.renderer import Renderer
from models.tone import tone_of
from worker.decoder import Decoder

_log = logging.getLogger(__name__)

T = TypeVar("T")
Stages = dict[str, float]

COLOURED: Final = frozenset({"desktop"})
"""Presets that are read where Discord shows colours; a telephone shows their codes."""


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


def draw(
    renderer: Renderer, decoder: Decoder, data: bytes, *, palette: str, columns: int, background: Background,
    stages: Stages, preset: str = FILE, go_on: Callable[[], None] = lambda: None,
) -> Drawing:  # fmt: skip
    """Draw a picture file; `stages` receives the milliseconds of each stage, also of those before a failure.

    Text for a message (`preset`, one of models.forms.PRESETS) is as wide as fits one, at most `columns`.
    `go_on` is called before each stage and after the last, and may end the work by raising. Raises
    PictureProblem for a picture or an option that cannot be drawn, torch.OutOfMemoryError when the GPU has no
    room for a smaller picture either, and DecoderFailed.
    """

    def stage(name: str, work: Callable[[], T]) -> T:
        go_on()
        return timed(stages, name, work)

    rgb = stage("decode", lambda: decoder.decode(data, background))
    # On dark paper it is light that becomes ink.
    tone = stage("tone", lambda: 1 - tone_of(rgb) if background == "dark" else tone_of(rgb))
    if preset != FILE:
        height, width = tone.shape
        columns = min(columns, inline_columns(width, height, preset, colours=preset in COLOURED) or columns)
    grid, shrunk = stage("generator", lambda: _grid(renderer, tone, columns))
    page = page_of(grid, palette, background, rgb)
    image = stage("paint", lambda: paint(page))
    png = stage("encode", lambda: encode_png(image))
    go_on()
    return Drawing(page, png, shrunk)


def works(renderer: Renderer, decoder: Decoder) -> bool:
    """Whether a small picture comes out of all stages; if not, the log says why."""
    stream = io.BytesIO()
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(stream, "PNG")
    try:
        draw(
            renderer, decoder, stream.getvalue(), palette=DEFAULT_PALETTE, columns=limits.MIN_COLUMNS,
            background="light", stages={},
        )  # fmt: skip
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


def _grid(renderer: Renderer, tone: NDArray[np.float32], columns: int) -> tuple[Grid, bool]:
    """The page; where the GPU has no room for it, one of half the columns, and True."""
    try:
        return renderer.grid(tone, columns=columns), False
    except torch.OutOfMemoryError as error:
        _log.warning("gpu full columns=%d error=%r; trying once more, smaller", columns, str(error)[:200])
    # Only here: as long as the error is handled, its frames live, and with them the tensors to be freed.
    torch.cuda.empty_cache()
    return renderer.grid(tone, columns=max(limits.MIN_COLUMNS, columns // 2)), columns > limits.MIN_COLUMNS
