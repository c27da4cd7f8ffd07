"""An animation from frames to the same animation in characters: tone → generator → pages → GIF.

All frames are stretched together, so that brightness does not pump from one to the next, and a cell keeps its
glyph and its colour while the picture stays the same there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import limits
from models.encoders.gif import animated_gif
from models.formats import narrower
from models.palettes import Background, BackgroundChoice, find_palette
from models.problems import Note
from models.rendering.frames import Cut, Frames
from models.rendering.grid import Grid
from models.rendering.page import Page, page_of
from models.rendering.renderer import Renderer
from models.rendering.tone import luminance_of

T = TypeVar("T")
OnFrames = Callable[[int, int], None]

SAME_COLOUR: Final = 12
"""Levels of 255 by which a cell's mean colour may differ and its ink stay the same."""
_STEPS: Final = 1024


class Stage(Protocol):
    """Does a named piece of work, and may time it or refuse to go on."""

    def __call__(self, name: str, work: Callable[[], T], /) -> T: ...


@dataclass(frozen=True)
class Animation:
    """A finished animation: GIF bytes, size in cells, frames drawn, paper, and what a user should know of it."""

    gif: bytes
    columns: int
    rows: int
    frames: int
    background: Background
    notes: tuple[Note, ...] = ()


def at_once(_name: str, work: Callable[[], T]) -> T:
    """The Stage that only does the work."""
    return work()


def animate(
    renderer: Renderer,
    frames: Frames,
    *,
    palette: str,
    columns: int,
    focus: float | None = None,
    most_bytes: int | None = None,
    most_s: float = math.inf,
    stage: Stage = at_once,
    on_frames: OnFrames = lambda done, total: None,
) -> Animation | None:
    """Draw decoded frames; None when nothing of them fits `most_bytes`.

    The paper is the frames' own; where they leave it open, what suits the first one. `focus` is as `Renderer.grid`
    has it.

    Stages are `tone`, `generator`, `paint` and `encode`. After each batch of the generator's `on_frames` hears how
    many of how many frames are drawn, and may end the work by raising. What is not drawn after `most_s` seconds in
    the generator is left out. Raises PictureProblem `bad_palette`, and
    torch.OutOfMemoryError when a GPU has no room for one frame.
    """
    total = len(frames.pixels)
    find_palette(palette)
    tones, paper = stage("tone", lambda: inks_of(renderer, frames.pixels, frames.background))
    grids = stage(
        "generator",
        lambda: renderer.grids(
            tones, columns, focus=focus, most_s=most_s, after_batch=lambda done: on_frames(done, total)
        ),
    )
    drawn, cut = len(grids), "time" if len(grids) < total else frames.cut
    pages = stage("paint", lambda: pages_of(grids, frames.pixels[:drawn], palette, paper))
    gif = stage("encode", lambda: animated_gif(pages, frames.durations_ms[:drawn], frames.plays, most_bytes))
    if gif is None:
        return None
    told = (*narrower(columns, pages[0].columns), *notes(cut, drawn, gif.every))
    return Animation(gif.data, pages[0].columns, pages[0].rows, drawn, paper, told)


def inks_of(
    renderer: Renderer, pixels: NDArray[np.uint8], background: BackgroundChoice
) -> tuple[NDArray[np.float32], Background]:
    """(N, H, W, 3) sRGB bytes to what becomes ink, (N, H, W) in [0, 1], and the paper; `auto` is the first frame's.

    On light paper that is `joint_tones`, on dark paper what is light.
    """
    tones = joint_tones(pixels)
    paper = renderer.background_for(tones[0]) if background == "auto" else background
    return (tones if paper == "light" else np.subtract(1, tones, out=tones)), paper


def joint_tones(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W, 3) sRGB bytes to (N, H, W) tone in [0, 1], stretched between the 1 % and 99 % quantiles of all.

    As `models.rendering.tone.tone_of` does it for one picture; the quantiles are exact to 1/1024.
    """
    tones = np.empty(pixels.shape[:3], np.float32)
    counts = np.zeros(_STEPS + 1, np.int64)
    for tone, frame in zip(tones, pixels, strict=True):
        np.subtract(1.0, luminance_of(frame), out=tone)
        counts += np.bincount((tone * _STEPS + 0.5).astype(np.int32).ravel(), minlength=_STEPS + 1)
    sums = np.cumsum(counts)
    low, high = (int(np.searchsorted(sums, share * sums[-1])) / _STEPS for share in (0.01, 0.99))
    if high - low < 2 / 255:
        return tones
    np.subtract(tones, np.float32(low), out=tones)
    np.divide(tones, np.float32(high - low), out=tones)
    return np.clip(tones, 0.0, 1.0, out=tones)


def pages_of(grids: Sequence[Grid], pixels: NDArray[np.uint8], palette: str, background: Background) -> list[Page]:
    """A page for each grid. Raises PictureProblem `bad_palette`."""
    if find_palette(palette).top is not None:
        return [page_of(grid, palette, background) for grid in grids]
    held: NDArray[np.uint8] | None = None
    pages = []
    for grid, frame in zip(grids, pixels, strict=True):
        size = (grid.columns, grid.rows)
        means = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX), np.uint8)
        if held is not None:
            same = np.abs(means.astype(np.int16) - held).max(-1, keepdims=True) <= SAME_COLOUR
            means = np.where(same, held, means)
        held = means
        pages.append(page_of(grid, palette, background, means))
    return pages


CUTS: Final[dict[Cut, str]] = {
    "frames": "I drew the first {frames} frames; I take no more of one animation.",
    "seconds": "I drew the first {seconds} seconds; I take no more of one animation.",
    "pixels": "I drew the first {frames} frames, since the animation is so large; a smaller one keeps more.",
    "cells": "I drew the first {frames} frames; with fewer columns I can draw more.",
    "time": "I drew the first {frames} frames, as many as I had time for; fewer columns take less.",
    "broken": "The file is damaged, so I drew the {frames} frames before that place.",
}
THINNED: Final = "To fit this server's upload limit I kept one frame in {every} and only full ink."


def notes(cut: Cut, frames: int, every: int = 1) -> tuple[Note, ...]:
    """What is missing from an animation, and what to do about it.

    `frames` were drawn, and one in `every` of them is in the file.
    """
    found = [Note(CUTS[cut], frames=frames, seconds=limits.MAX_SECONDS)] if cut else []
    if every > 1:
        found.append(Note(THINNED, every=every))
    return tuple(found)
