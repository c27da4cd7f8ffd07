"""The drawing pipeline as a worker runs it: decoded in another process, traced, ended when nobody waits."""

import io
import logging
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np
from PIL import Image

from jobs.observability import tracing as trace
from jobs.text.sentences import ServiceProblem
from models import limits
from models.formats import ANIMATION
from models.options import RenderOptions
from models.rendering import pipeline
from models.rendering.pipeline import PNG, Drawing, Hook, OnFrames, TooLarge
from models.rendering.renderer import Renderer
from worker.render.decoder import Decoder

_log = logging.getLogger(__name__)

T = TypeVar("T")
Stages = dict[str, float]
GENERATOR_S: Final = 12.0
"""Seconds after which no frame is begun: a job has JOB_TIMEOUT_S for everything, and decoding may take 10."""


class _JobHook(Hook):
    """Calls `go_on` before each stage and between batches."""

    def __init__(self, stages: Stages, go_on: Callable[[], None], on_frames: OnFrames | None = None) -> None:
        super().__init__(on_frames)
        self.milliseconds, self._go_on = stages, go_on

    def stage(self, name: str, work: Callable[[], T]) -> T:
        self._go_on()
        with trace.span(name):
            return super().stage(name, work)

    def frames(self, done: int, total: int) -> None:
        self._go_on()
        super().frames(done, total)


def draw(
    renderer: Renderer,
    decoder: Decoder,
    data: bytes,
    options: RenderOptions,
    *,
    stages: Stages,
    upload_limit: int | None = None,
    go_on: Callable[[], None] = lambda: None,
    on_frames: OnFrames | None = None,
) -> Drawing:
    """Draw a picture's file; the Drawing's own is a PNG, or a GIF of at most `upload_limit` bytes if it moves.

    `stages` receives the milliseconds of each stage, also of those before a failure. `go_on` is called before each
    of them, between an animation's batches and after the last; both it and `on_frames` may end the work by raising.
    Raises PictureProblem, ServiceProblem `too_large_result`, DecoderFailed, and torch.OutOfMemoryError when the GPU
    has no room for a smaller picture either.
    """
    hook = _JobHook(stages, go_on, on_frames)
    drawing = pipeline.draw(renderer, data, options, decoder=decoder, hook=hook, most_s=GENERATOR_S)
    format = ANIMATION if drawing.moves else PNG
    try:
        drawing = pipeline.as_file(drawing, format, hook=hook, most_bytes=upload_limit)
    except TooLarge as error:
        raise ServiceProblem("too_large_result", str(error)) from None
    go_on()
    return drawing


def works(renderer: Renderer, decoder: Decoder) -> bool:
    """Whether a small picture comes out of all stages; if not, the log says why."""
    stream = io.BytesIO()
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(stream, "PNG")
    try:
        draw(renderer, decoder, stream.getvalue(), RenderOptions(columns=limits.MIN_COLUMNS), stages={})
    except Exception:
        _log.exception("self-test failed")
        return False
    return True


def timed(stages: Stages, name: str, work: Callable[[], T]) -> T:
    """Do work that nobody may end, and note its milliseconds under `name`, whether it succeeds or raises."""
    return _JobHook(stages, lambda: None).stage(name, work)
