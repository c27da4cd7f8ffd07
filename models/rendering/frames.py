"""An animation's bytes in, its frames out: GIF, APNG, WebP and AVIF, each frame as a viewer would show it.

`models.rendering.animation` composes them; this bounds how many, and how large, are kept. What a header says of the
number of frames is not believed: frames are counted as they come. Imports no torch, for it runs where a process may
be killed (see `models.rendering.still`).
"""

import math
import warnings
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models import limits
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.containers import video_container
from models.formats import animation_columns, rows_for
from models.palettes import BackgroundChoice
from models.problems import PictureProblem
from models.rendering.animation import Animation, animation_of
from models.rendering.pillow_file import PILLOW_ERRORS
from models.rendering.still import MAX_SIDE, decode_on, plain
from models.sniff import sniff

Cut = Literal["", "frames", "seconds", "pixels", "cells", "time", "slow", "broken", "part"]

LONGEST_MS: Final = 655_350
"""The longest that a GIF can show a frame."""
_HURRIED_MS, _USUAL_MS = 10, 100


@dataclass(frozen=True)
class Frames:
    """`pixels` is (N, H, W, 3) sRGB bytes, N at least 1; `durations_ms` how long each of the N is shown.

    `plays` is how often the whole is to run, 0 for ever. `cut` says why later frames are missing, if they are:
    which limit they would pass, that unpacking takes too long (`slow`), or that the file is damaged there; `part`,
    that a part of a frame is missing. (`time` is for who draws them.) `background` is the paper that was asked for,
    or what transparent parts got for `auto`: on that the whole is to be drawn.
    """

    pixels: NDArray[np.uint8]
    durations_ms: tuple[int, ...]
    plays: int
    cut: Cut = ""
    background: BackgroundChoice = "auto"


def may_move(data: bytes) -> bool:
    """Whether a file may hold several frames, by its marks alone; most files do not, and need not be looked at."""
    return (
        data[:4] == b"GIF8"
        or b"acTL" in data
        or (data[8:12] == b"WEBP" and b"ANIM" in data)
        or (data[4:8] == b"ftyp" and b"avis" in data[8:64])
        or video_container(data) is not None
    )


def moves(data: bytes) -> bool:
    """Whether it does hold more than one, to be shown one after the other, as a video is taken to.

    Raises PictureProblem.
    """
    if not may_move(data):
        return False
    if video_container(data):
        return True
    animation = _animation_of(data)
    return animation is not None and animation.count > 1


def decode_frames(
    data: bytes, columns: int | None, background: BackgroundChoice = "light", *, lifted: bool = True
) -> Frames:
    """The first frames, upright and opaque, none larger than its page: of `columns` cells across, or of
    `animation_columns`.

    Transparent parts show the paper of `background`; with `auto` the first frame decides for all of them. What is
    hidden on it is `lifted` (models.rendering.transparency); without that, frames are as browsers show them.
    Raises PictureProblem as `models.rendering.still.decode` does, for the first frame; damage after it ends the
    animation there.
    """
    sniff(data)
    frames: list[NDArray[np.uint8]] = []
    durations: list[int] = []
    under, lift = background, 0.0
    cut: Cut = ""
    partial = False
    animation = _animation_of(data)
    if animation is None:
        still = decode_on(data, MAX_SIDE, background)
        pixels = _small(Image.fromarray(still.pixels), columns)[None]
        return Frames(pixels, (_USUAL_MS,), 1, "part" if still.partial else "", still.background)
    size, most = animation.size, dict[Cut, int]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            side = max(*page_size(size[0], size[1], columns), *page_size(size[1], size[0], columns))
            for index in range(animation.count):
                if cut := _over(index, sum(durations), most):
                    break
                shown = next(animation.frames)
                flat, paper, lift = plain(shown.image, under, side, lift=lift if lifted else None)
                if not frames:
                    background, under = paper, "light" if paper == "auto" else paper
                most = most or _most_frames(max(size[0] * size[1], animation.largest), flat.size, columns)
                frames.append(_small(flat, columns))
                durations.append(shown_ms(shown.duration_ms))
                partial = partial or shown.partial
        except MemoryError as error:
            raise PictureProblem("too_heavy", repr(error)) from None
        except (Image.DecompressionBombError, *PILLOW_ERRORS) as error:
            if not frames:
                raise PictureProblem("broken", repr(error)) from None
            cut = "broken"
    if not frames:
        raise PictureProblem("broken", "no frames")
    cut = cut or ("broken" if not animation.whole else "part" if partial else "")
    return Frames(np.stack(frames), tuple(durations), animation.plays, cut, background)


def _animation_of(data: bytes) -> Animation | None:
    """As `models.rendering.animation.animation_of`, with PictureProblem alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return animation_of(data)
    except PictureProblem:
        raise
    except MemoryError as error:
        raise PictureProblem("too_heavy", repr(error)) from None
    except PILLOW_ERRORS as error:
        raise PictureProblem("broken", repr(error)) from None


def shown_ms(duration: float) -> int:
    """How long browsers show a frame that asks for `duration` ms: 10 or less, which old files mean as "soon",
    become 100, as Chromium, Firefox and WebKit have it."""
    if not math.isfinite(duration) or duration <= _HURRIED_MS:
        return _USUAL_MS
    return min(round(duration), LONGEST_MS)


def page_size(width: int, height: int, columns: int | None) -> tuple[int, int]:
    """The size in pixels of the page that a picture of `width`×`height` becomes, as (W, H)."""
    columns = animation_columns(width, height, columns)
    return columns * CELL_WIDTH, rows_for(width, height, columns) * CELL_HEIGHT


def kept_size(width: int, height: int, columns: int | None) -> tuple[int, int]:
    """The size in pixels that a frame is brought to, as (W, H): that of its page, if it is larger."""
    page = page_size(width, height, columns)
    return page if width * height > page[0] * page[1] else (width, height)


def frames_by_cells(width: int, height: int, columns: int | None) -> int:
    """How many frames of such a size have as many characters as an animation may have."""
    columns = animation_columns(width, height, columns)
    return max(1, limits.MAX_ANIMATION_CELLS // (columns * rows_for(width, height, columns)))


def _most_frames(stored: int, upright: tuple[int, int], columns: int | None) -> dict[Cut, int]:
    """How many frames, unpacked to `stored` pixels, each limit allows, the tightest first."""
    most: dict[Cut, int] = {
        "frames": limits.MAX_FRAMES,
        "pixels": max(1, limits.MAX_DECODED_PIXELS // stored),
        "cells": frames_by_cells(*upright, columns),
    }
    return dict(sorted(most.items(), key=lambda item: item[1]))


def _over(frames: int, total_ms: int, most: dict[Cut, int]) -> Cut:
    """The limit that another frame would pass, or nothing."""
    if total_ms >= limits.MAX_SECONDS * 1000:
        return "seconds"
    return next((limit for limit, allowed in most.items() if frames >= allowed), "")


def _small(flat: Image.Image, columns: int | None) -> NDArray[np.uint8]:
    """At most as large as the page it becomes; resampled as `models.rendering.tone.fit` would."""
    size = kept_size(flat.width, flat.height, columns)
    if size != flat.size:
        flat = flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(flat, np.uint8)
