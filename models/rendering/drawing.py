"""A picture file's bytes in, the bytes of any format out, each stage timed: what `render` does for each picture."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models import limits
from models.encoders import ansi, encode
from models.encoders.ansi import Colours
from models.formats import FILES, columns_within, narrower, picture_columns, rows_for
from models.palettes import DEFAULT_BACKGROUND, Background, BackgroundChoice
from models.rendering.animation import animate, inks_of, notes, pages_of
from models.rendering.decode import MAX_SIDE, decode_on
from models.rendering.frames import ANIMATED, Frames, decode_frames
from models.rendering.page import page_of
from models.rendering.renderer import Renderer
from models.rendering.tone import tone_of
from models.sniff import open_header, sniff

T = TypeVar("T")
OnFrames = Callable[[int, int], None]


@dataclass(frozen=True)
class Wish:
    """How to draw.

    `background` `auto`: the paper on which the picture, or an animation's first frame, stands out more. `columns`
    None: as many as suit a still picture, ANIMATION_COLUMNS for a moving one; `rows`: at most so many, with fewer
    columns if need be. `focus`: how much of the background gives way to the subject, 0 to 1; None: as the model
    thinks best.
    """

    palette: str
    background: BackgroundChoice = DEFAULT_BACKGROUND
    columns: int | None = None
    rows: int | None = None
    focus: float | None = None
    colours: Colours = "full"


@dataclass
class Drawn:
    """A finished file, its paper, what its user should know of it, and the milliseconds of each stage."""

    data: bytes = b""
    columns: int = 0
    rows: int = 0
    frames: int = 1
    background: Background = "light"
    notes: tuple[str, ...] = ()
    milliseconds: dict[str, float] = field(default_factory=dict)

    def stage(self, name: str, work: Callable[[], T]) -> T:
        """Do the work and note how long it took."""
        start = time.perf_counter()
        done = work()
        self.milliseconds[name] = round((time.perf_counter() - start) * 1000, 1)
        return done


@dataclass(frozen=True)
class Reel:
    """An animation for a terminal: frames as ANSI, how long each is shown, how often all (0: for ever)."""

    frames: Sequence[str]
    durations_ms: Sequence[int]
    plays: int
    drawn: Drawn


def draw(renderer: Renderer, data: bytes, wish: Wish, suffix: str) -> Drawn:
    """The first frame as a file of that suffix (`models.formats`). Raises PictureProblem."""
    drawn = Drawn()
    rgb, choice = drawn.stage("decode", lambda: decode_on(data, MAX_SIDE, wish.background))
    ink, paper = drawn.stage("tone", lambda: ink_of(renderer, rgb, choice))
    height, width = ink.shape
    columns = columns_for(width, height, wish.columns or picture_columns(width, height), wish.rows)
    grid = drawn.stage("generator", lambda: renderer.grid(ink, columns, focus=wish.focus))
    page = drawn.stage("ink", lambda: page_of(grid, wish.palette, paper, rgb))
    if suffix == "ans":
        drawn.data = drawn.stage("encode", lambda: ansi(page, wish.colours).encode())
    else:
        drawn.data = drawn.stage("encode", lambda: encode(page, FILES[suffix].name))
    drawn.columns, drawn.rows, drawn.background = page.columns, page.rows, paper
    drawn.notes = (*narrower(columns, page.columns), *_taller(wish, page.rows))
    return drawn


def draw_gif(renderer: Renderer, data: bytes, wish: Wish, on_frames: OnFrames) -> Drawn:
    """All frames as a GIF; `on_frames` hears how many of how many are drawn. Raises PictureProblem."""
    drawn = Drawn()
    frames, columns = _frames(drawn, data, wish)
    animation = animate(
        renderer,
        frames,
        palette=wish.palette,
        columns=columns,
        focus=wish.focus,
        stage=drawn.stage,
        on_frames=on_frames,
    )
    if animation is None:
        raise AssertionError("without a limit everything fits")
    drawn.data, drawn.frames = animation.gif, animation.frames
    drawn.columns, drawn.rows, drawn.background = animation.columns, animation.rows, animation.background
    drawn.notes = (*animation.notes, *_taller(wish, animation.rows))
    return drawn


def draw_reel(renderer: Renderer, data: bytes, wish: Wish, on_frames: OnFrames) -> Reel:
    """All frames for a terminal; `on_frames` hears how many of how many are drawn. Raises PictureProblem."""
    drawn = Drawn()
    frames, columns = _frames(drawn, data, wish)
    total = len(frames.pixels)
    tones, paper = drawn.stage("tone", lambda: inks_of(renderer, frames.pixels, frames.background))
    grids = drawn.stage(
        "generator",
        lambda: renderer.grids(tones, columns, focus=wish.focus, after_batch=lambda done: on_frames(done, total)),
    )
    pages = drawn.stage("ink", lambda: pages_of(grids, frames.pixels, wish.palette, paper))
    shown = drawn.stage("encode", lambda: [ansi(page, wish.colours) for page in pages])
    drawn.columns, drawn.rows, drawn.frames, drawn.background = pages[0].columns, pages[0].rows, total, paper
    drawn.notes = (*narrower(columns, drawn.columns), *notes(frames.cut, total), *_taller(wish, drawn.rows))
    return Reel(shown, frames.durations_ms, frames.plays, drawn)


def ink_of(
    renderer: Renderer, rgb: NDArray[np.uint8], background: BackgroundChoice
) -> tuple[NDArray[np.float32], Background]:
    """(H, W, 3) sRGB bytes to what becomes ink, (H, W) in [0, 1], and the paper that `background` comes to.

    On light paper that is the picture's tone, on dark paper what is light.
    """
    tone = tone_of(rgb)
    paper = renderer.background_for(tone) if background == "auto" else background
    return (1 - tone if paper == "dark" else tone), paper


def moves(data: bytes) -> bool:
    """Whether the file holds more than one frame, to be shown one after the other. Raises PictureProblem."""
    sniff(data)
    with open_header(data) as image:
        return image.format in ANIMATED and bool(getattr(image, "is_animated", False))


def columns_for(width: int, height: int, columns: int, most_rows: int | None) -> int:
    """`columns`, or the fewer that a picture of this size needs to keep to `most_rows`.

    For that never fewer than MIN_COLUMNS.
    """
    if most_rows is None:
        return columns
    fewest = min(columns, limits.MIN_COLUMNS)
    fits = (c for c in range(columns, fewest, -1) if rows_for(width, height, c) <= most_rows)
    return next(fits, fewest)


def _taller(wish: Wish, rows: int) -> tuple[str, ...]:
    if wish.rows is None or rows <= wish.rows:
        return ()
    return (f"I drew {rows} rows instead of {wish.rows}: {limits.MIN_COLUMNS} columns are the fewest.",)


def _frames(drawn: Drawn, data: bytes, wish: Wish) -> tuple[Frames, int]:
    info = sniff(data)
    wanted = wish.columns or columns_within(info.width, info.height, limits.ANIMATION_COLUMNS)
    columns = columns_for(info.width, info.height, wanted, wish.rows)
    return drawn.stage("decode", lambda: decode_frames(data, columns, wish.background)), columns
