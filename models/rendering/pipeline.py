"""Bytes in, pages of characters out: decode → tone → generator → paint; then a file of them: encode.

The one way of every picture, still or moving. What differs from caller to caller is handed in: a Decoder, and a
Hook that hears of each step and may end the work.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models import limits
from models.encoders import ansi, encode
from models.encoders.ansi import Colours
from models.encoders.gif import animated_gif
from models.encoders.png import encode_png, paint
from models.formats import (
    ANIMATION,
    DEFAULT_FORMAT,
    FORMATS,
    Format,
    animation_columns,
    block_columns,
    columns_for,
    picture_columns,
)
from models.inference.runtime import OutOfMemory
from models.options import RenderOptions
from models.page import Grid, Page, pages_of
from models.palettes import Background, BackgroundChoice
from models.problems import Note
from models.rendering.close_up import close_up
from models.rendering.decoding import decode_frames, decode_still
from models.rendering.frames import Cut, Frames, may_move
from models.rendering.renderer import Renderer
from models.rendering.still import Still
from models.rendering.tone import joint_tones, tone_of
from models.sniff import sniff

_log = logging.getLogger(__name__)

T = TypeVar("T")
OnFrames = Callable[[int, int], None]
PNG: Final = FORMATS[DEFAULT_FORMAT]


class Decoder(Protocol):
    """Where files become pixels. Both methods raise PictureProblem."""

    def still(self, data: bytes, background: BackgroundChoice) -> Still:
        """As `models.rendering.decoding.decode_still`."""

    def frames(self, data: bytes, columns: int | None, background: BackgroundChoice) -> Frames:
        """As `models.rendering.decoding.decode_frames`."""


class InProcess:
    """The Decoder that decodes here."""

    def still(self, data: bytes, background: BackgroundChoice) -> Still:
        return decode_still(data, background)

    def frames(self, data: bytes, columns: int | None, background: BackgroundChoice) -> Frames:
        return decode_frames(data, columns, background)


class TooLarge(Exception):
    """An animation cannot be made small enough."""


class Hook:
    """Notes the milliseconds of each stage, and may end the work between two.

    `go_on` is called before each stage and after each batch of an animation, and ends the work by raising.
    `on_frames` hears after a batch how many of how many frames have been through the generator. Each stage runs
    inside the context that `around` makes of its name.
    """

    def __init__(
        self,
        on_frames: OnFrames = lambda done, total: None,
        *,
        go_on: Callable[[], None] = lambda: None,
        around: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.milliseconds: dict[str, float] = {}
        self.go_on = go_on
        self._on_frames = on_frames
        self._around = around

    def stage(self, name: str, work: Callable[[], T]) -> T:
        """Do the work of a stage; a stage may come in several parts."""
        self.go_on()
        return self.timed(name, work)

    def timed(self, name: str, work: Callable[[], T]) -> T:
        """The same for work that nobody may end."""
        start = time.perf_counter()
        try:
            with self._around(name):
                return work()
        finally:
            took = self.milliseconds.get(name, 0.0) + (time.perf_counter() - start) * 1000
            self.milliseconds[name] = round(took, 1)

    def frames(self, done: int, total: int) -> None:
        """So many of an animation's frames have been through the generator."""
        self.go_on()
        self._on_frames(done, total)


@dataclass(frozen=True)
class Drawing:
    """A page for each frame, how long each is shown, and how often all are (0: for ever).

    `notes` say what came otherwise than asked for. `shrunk`: there are half the columns, for want of room on the
    GPU. `data` is the file, once there is one.
    """

    pages: Sequence[Page]
    durations_ms: Sequence[int] = (0,)
    plays: int = 1
    notes: tuple[Note, ...] = ()
    shrunk: bool = False
    data: bytes = b""

    @property
    def page(self) -> Page:
        return self.pages[0]

    @property
    def columns(self) -> int:
        return self.page.columns

    @property
    def rows(self) -> int:
        return self.page.rows

    @property
    def background(self) -> Background:
        return self.page.background

    @property
    def moves(self) -> bool:
        return len(self.pages) > 1


def draw(
    renderer: Renderer,
    data: bytes,
    options: RenderOptions,
    *,
    decoder: Decoder | None = None,
    hook: Hook | None = None,
    most_rows: int | None = None,
    most_s: float = math.inf,
) -> Drawing:
    """Draw a picture: all frames of one that moves, if the options say so, else the first.

    As text in a message, `auto` paper is dark: that is the usual theme there, and characters for light paper would
    be a negative. With `most_rows` there are fewer columns if need be. What is not drawn after `most_s` seconds in
    the generator is left out. Raises PictureProblem, OutOfMemory when a GPU has no room for half the
    columns either, and whatever decoder and hook do.
    """
    decoder, hook = decoder or InProcess(), hook or Hook()
    cut: Cut = ""
    if options.animate and options.format == DEFAULT_FORMAT and may_move(data):
        asked = options
        # How many columns that makes decides how many frames are kept; of a video no size is known yet.
        if most_rows is not None and (info := sniff(data)).width:
            wide = _columns(options, info.width, info.height, moving=True)
            asked = replace(options, columns=columns_for(info.width, info.height, wide, most_rows))
        frames = hook.stage("decode", lambda: decoder.frames(data, asked.columns, options.background))
        if len(frames.pixels) > 1:
            return draw_frames(renderer, frames, asked, hook=hook, most_rows=most_rows, most_s=most_s)
        cut = frames.cut  # why what was to move does not
    choice: BackgroundChoice = "dark" if options.background == "auto" and options.block else options.background
    still = hook.stage("decode", lambda: decoder.still(data, choice))
    cut = cut or ("part" if still.partial else "")
    one = Frames(still.pixels[None], (0,), 1, cut, still.background)
    return draw_frames(renderer, one, options, hook=hook, most_rows=most_rows)


def draw_frames(
    renderer: Renderer,
    frames: Frames,
    options: RenderOptions,
    *,
    hook: Hook | None = None,
    most_rows: int | None = None,
    most_s: float = math.inf,
) -> Drawing:
    """Draw what is decoded. The paper is the frames' own; where they leave it open, what suits the first one."""
    hook = hook or Hook()
    inks, paper = hook.stage("tone", lambda: inks_of(renderer, frames.pixels, frames.background))
    block = options.block
    if block is not None and block.close_up and options.focus is None:
        near = hook.stage("tone", lambda: close_up(inks[0], renderer.subject_of(inks[0])))
        # Of a subject as thin as a tower the page would be too long for a message.
        if near is not None and block_columns(near.ink.shape[1], near.ink.shape[0], block) is not None:
            frames = replace(frames, pixels=frames.pixels[:, near.rows, near.columns])
            inks, options = near.ink[None], replace(options, focus=0.0)
    total, height, width, _ = frames.pixels.shape
    columns = columns_for(width, height, _columns(options, width, height, moving=total > 1), most_rows)

    def after_batch(done: int) -> None:
        if total > 1:
            hook.frames(done, total)

    def chosen(columns: int) -> list[Grid]:
        return renderer.grids(
            inks, columns, focus=options.focus, shaded=options.block is None, most_s=most_s, after_batch=after_batch
        )

    grids, shrunk = hook.stage("generator", lambda: _with_room(renderer, chosen, columns))
    drawn = len(grids)
    pages = hook.stage("paint", lambda: pages_of(grids, frames.pixels[:drawn], options.palette, paper))
    notes: list[Note] = []
    if options.columns and pages[0].columns < columns and not shrunk:
        facts = {"asked": columns, "columns": pages[0].columns, "most": limits.MAX_CELLS}
        notes.append(Note("narrower", facts))
    notes += cut_notes("time" if drawn < total else frames.cut, drawn)
    return Drawing(pages, frames.durations_ms[:drawn], frames.plays, tuple(notes), shrunk)


def as_file(
    drawing: Drawing,
    format: Format,
    *,
    hook: Hook | None = None,
    most_bytes: int | None = None,
    colours: Colours = "full",
) -> Drawing:
    """The same with its file. Raises TooLarge when not even one frame of an animation fits `most_bytes`."""
    hook, page = hook or Hook(), drawing.page
    if format is ANIMATION:
        gif = hook.stage(
            "encode", lambda: animated_gif(drawing.pages, drawing.durations_ms, drawing.plays, most_bytes)
        )
        if gif is None:
            raise TooLarge(f"no frame fits {most_bytes} bytes")
        thinned = (Note("thinned", {"every": gif.every}),) if gif.every > 1 else ()
        return replace(drawing, data=gif.data, notes=(*drawing.notes, *thinned))
    if format is PNG:
        image = hook.stage("paint", lambda: paint(page))
        return replace(drawing, data=hook.stage("encode", lambda: encode_png(image)))
    if format.suffix == "ans":
        return replace(drawing, data=hook.stage("encode", lambda: ansi(page, colours).encode()))
    return replace(drawing, data=hook.stage("encode", lambda: encode(page, format.name)))


def inks_of(
    renderer: Renderer, pixels: NDArray[np.uint8], background: BackgroundChoice
) -> tuple[NDArray[np.float32], Background]:
    """(N, H, W, 3) sRGB bytes to what becomes ink, (N, H, W) in [0, 1], and the paper; `auto` is the first frame's.

    On light paper that is the tone, on dark paper what is light.
    """
    tones = joint_tones(pixels) if len(pixels) > 1 else tone_of(pixels[0])[None]
    paper = renderer.background_for(tones[0]) if background == "auto" else background
    return (tones if paper == "light" else np.subtract(1, tones, out=tones)), paper


def cut_notes(cut: Cut, frames: int) -> tuple[Note, ...]:
    """Why there are only so many frames, or only a part of one."""
    if cut == "broken" and frames == 1:
        return (Note("one_frame", {}),)
    return (Note(f"cut_{cut}", {"frames": frames, "seconds": limits.MAX_SECONDS}),) if cut else ()


def _columns(options: RenderOptions, width: int, height: int, *, moving: bool) -> int:
    """How many columns a picture of that size is to have; nobody is told of fewer if nobody said how many."""
    if moving:
        return options.columns or animation_columns(width, height)
    if options.block is None:
        return options.columns or picture_columns(width, height)
    most = options.columns or options.block.columns
    return min(most, block_columns(width, height, options.block) or most)


def _with_room(renderer: Renderer, choose: Callable[[int], T], columns: int) -> tuple[T, bool]:
    """What is chosen for so many columns; where the GPU has no room for it, for half of them, and True."""
    try:
        return choose(columns), False
    except OutOfMemory as error:
        _log.warning("gpu full columns=%d error=%r; trying once more, smaller", columns, str(error)[:200])
    # Only here: as long as the error is handled, its frames live, and with them the tensors to be freed.
    renderer.runtime.free()
    return choose(max(limits.MIN_COLUMNS, columns // 2)), columns > limits.MIN_COLUMNS
