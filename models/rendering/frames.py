"""An animation's bytes in, its frames out: GIF, APNG, WebP and AVIF, each frame as a viewer would show it.

Pillow composes the frames (disposal, blending, partial frames); this bounds how many, and how large, are kept.
What a header says of the number of frames is not believed: frames are counted as they come. Imports no torch,
for it runs where a process may be killed (see `models.rendering.decode`).
"""

import math
import warnings
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, PngImagePlugin

from models import limits
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.containers import video_container
from models.formats import columns_within, rows_for
from models.palettes import BackgroundChoice
from models.problems import PictureProblem
from models.rendering.decode import MAX_SIDE, decode_on, plain
from models.sniff import PILLOW_ERRORS, open_header, sniff

Cut = Literal["", "frames", "seconds", "pixels", "cells", "time", "slow", "broken"]

ANIMATED: Final = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats that move; the pages of a TIFF, say, are no frames."""
LONGEST_MS: Final = 655_350
"""The longest that a GIF can show a frame."""
CLEAR, UNDO = 2, 3
"""A GIF frame's disposal methods "restore to background" and "restore to previous"."""
_HURRIED_MS, _USUAL_MS = 10, 100


@dataclass(frozen=True)
class Frames:
    """`pixels` is (N, H, W, 3) sRGB bytes, N at least 1; `durations_ms` how long each of the N is shown.

    `plays` is how often the whole is to run, 0 for ever. `cut` says why later frames are missing, if they are:
    which limit they would pass, that unpacking takes too long (`slow`), or that the file is damaged there. (`time`
    is for who draws them.) `background` is the paper that was asked for, or what transparent parts got for `auto`:
    on that the whole is to be drawn.
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
    with open_header(data) as image:
        return image.format in ANIMATED and bool(getattr(image, "is_animated", False))


def decode_frames(data: bytes, columns: int, background: BackgroundChoice = "light") -> Frames:
    """The first frames, upright and opaque, none larger than a page of `columns` cells across.

    Transparent parts show the paper of `background`; with `auto` the first frame decides for all of them.
    Raises PictureProblem as `models.rendering.decode.decode` does, for the first frame; damage after it ends the
    animation there.
    """
    sniff(data)
    frames: list[NDArray[np.uint8]] = []
    durations: list[int] = []
    under = background
    cut: Cut = ""
    with open_header(data) as image, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if image.format not in ANIMATED:
            still, background = decode_on(data, MAX_SIDE, background)
            return Frames(_small(Image.fromarray(still), columns)[None], (_USUAL_MS,), 1, background=background)
        size, most = image.size, dict[Cut, int]()
        side = max(*page_size(size[0], size[1], columns), *page_size(size[1], size[0], columns))
        # An APNG may begin with a picture that is no part of the animation, for viewers that know none.
        start = 1 if image.info.get("default_image") else 0
        try:
            while True:
                try:
                    image.seek(start + len(frames))
                except EOFError:
                    break
                if over := _over(len(frames), sum(durations), most):
                    cut = over
                    break
                if image.size != size:  # Pillow lets a GIF's frame enlarge the canvas, which no viewer does
                    cut = "broken"
                    break
                _load(image)
                flat, paper = plain(image, under, side)
                if not frames:
                    background, under = paper, "light" if paper == "auto" else paper
                most = most or _most_frames(size, flat.size, columns)
                frames.append(_small(flat, columns))
                durations.append(shown_ms(image.info.get("duration", 0)))
        except MemoryError as error:
            raise PictureProblem("too_heavy", repr(error)) from None
        except (Image.DecompressionBombError, *PILLOW_ERRORS) as error:
            if not frames:
                raise PictureProblem("broken", repr(error)) from None
            cut = "broken"
        plays = _plays(image)
    if not frames:
        raise PictureProblem("broken", "no frames")
    return Frames(np.stack(frames), tuple(durations), plays, cut, background)


def shown_ms(duration: float) -> int:
    """How long browsers show a frame that asks for `duration` ms: 10 or less, which old files mean as "soon",
    become 100, as Chromium, Firefox and WebKit have it."""
    if not math.isfinite(duration) or duration <= _HURRIED_MS:
        return _USUAL_MS
    return min(round(duration), LONGEST_MS)


def _load(image: Image.Image) -> None:
    """Load the frame that was sought, and mend two things in which Pillow 13.0 and browsers differ.

    An APNG's frame is drawn over the very copy that was kept to undo it. And a GIF that clears a frame gets its
    background colour there, unless its first frame has transparent pixels; browsers clear to nothing.
    """
    undone = image.format == "PNG" and image.info.get("disposal") == PngImagePlugin.Disposal.OP_PREVIOUS
    before = getattr(image, "_prev_im", None) if undone else None
    before = before.copy() if before is not None else None
    image.load()
    if before is not None:
        image._prev_im = before  # type: ignore[attr-defined]
    if isinstance(image, GifImagePlugin.GifImageFile) and image.is_animated:
        if image.mode != "RGBA":
            image.im, image._mode = image.convert("RGBA").im, "RGBA"
            image.info.pop("transparency", None)
        # Before the first frame there is nothing to go back to.
        if image.disposal_method == CLEAR or (image.disposal_method == UNDO and image.tell() == 0):
            left, top, right, bottom = image.dispose_extent or (0, 0, *image.size)
            image.dispose = Image.new("RGBA", (right - left, bottom - top)).im


def page_size(width: int, height: int, columns: int) -> tuple[int, int]:
    """The size in pixels of the page that a picture of `width`×`height` becomes, as (W, H)."""
    columns = columns_within(width, height, columns)
    return columns * CELL_WIDTH, rows_for(width, height, columns) * CELL_HEIGHT


def _most_frames(stored: tuple[int, int], upright: tuple[int, int], columns: int) -> dict[Cut, int]:
    """How many frames of such a size each limit allows, the tightest first."""
    columns = columns_within(*upright, columns)
    most: dict[Cut, int] = {
        "frames": limits.MAX_FRAMES,
        "pixels": max(1, limits.MAX_DECODED_PIXELS // (stored[0] * stored[1])),
        "cells": max(1, limits.MAX_ANIMATION_CELLS // (columns * rows_for(*upright, columns))),
    }
    return dict(sorted(most.items(), key=lambda item: item[1]))


def _over(frames: int, total_ms: int, most: dict[Cut, int]) -> Cut:
    """The limit that another frame would pass, or nothing."""
    if total_ms >= limits.MAX_SECONDS * 1000:
        return "seconds"
    return next((limit for limit, allowed in most.items() if frames >= allowed), "")


def _small(flat: Image.Image, columns: int) -> NDArray[np.uint8]:
    """At most as large as the page it becomes; resampled as `models.rendering.tone.fit` would."""
    page = page_size(flat.width, flat.height, columns)
    if flat.width * flat.height > page[0] * page[1]:
        flat = flat.resize(page, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(flat, np.uint8)


def _plays(image: Image.Image) -> int:
    """GIF counts repetitions after the first showing, and says nothing for none; the others count showings."""
    loop = image.info.get("loop")
    if image.format != "GIF":
        return int(loop or 0)
    return 1 if loop is None else 0 if loop == 0 else int(loop) + 1
