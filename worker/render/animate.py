"""An animation through the worker: decode → tone → generator in batches → paint → encode, each stage timed."""

from collections.abc import Callable
from typing import Final

from jobs.text.sentences import ServiceProblem
from models.formats import columns_within
from models.limits import ANIMATION_COLUMNS
from models.options import RenderOptions
from models.rendering.animation import Animation, OnFrames, T, animate
from models.rendering.renderer import Renderer
from worker.render.decoder import Decoder
from worker.render.pipeline import Stages, timed

GENERATOR_S: Final = 12.0
"""Seconds after which no frame is begun: a job has JOB_TIMEOUT_S for everything, and decoding may take 10."""


def draw_animation(
    renderer: Renderer,
    decoder: Decoder,
    data: bytes,
    *,
    options: RenderOptions,
    upload_limit: int,
    stages: Stages,
    go_on: Callable[[], None] = lambda: None,
    on_frames: OnFrames = lambda done, total: None,
) -> Animation | None:
    """Draw a GIF, APNG, WebP or AVIF that moves; None for a still picture (draw that with
    `worker.render.pipeline.draw`).

    The Animation holds a GIF of at most `upload_limit` bytes, its size in cells, how many frames were drawn, and
    `notes`: sentences for the user about what was left out, to be shown with it. `stages` receives milliseconds as
    in `draw`; without `columns` there are ANIMATION_COLUMNS.
    `go_on` is called before each stage, between batches and after the last, and may end the work by raising;
    `on_frames(done, total)` after each batch of the generator's (about half a second on a processor).

    Raises PictureProblem, ServiceProblem `too_large_result`, torch.OutOfMemoryError when the GPU has no room for
    one frame, DecoderFailed, and what `go_on` and `on_frames` raise.
    """

    def stage(name: str, work: Callable[[], T]) -> T:
        go_on()
        return timed(stages, name, work)

    def after_batch(done: int, total: int) -> None:
        go_on()
        on_frames(done, total)

    wide = options.columns or ANIMATION_COLUMNS
    frames = stage("decode", lambda: decoder.frames(data, wide, options.background))
    count, height, width, _ = frames.pixels.shape
    if count == 1:
        return None
    if options.columns is None:  # nobody is to be told that so many were not drawn
        wide = columns_within(width, height, wide)
    drawn = animate(
        renderer,
        frames,
        palette=options.palette,
        columns=wide,
        focus=options.focus,
        most_bytes=upload_limit,
        most_s=GENERATOR_S,
        stage=stage,
        on_frames=after_batch,
    )
    go_on()
    if drawn is None:
        raise ServiceProblem("too_large_result", f"no frame fits {upload_limit} bytes")
    return drawn
