"""A video's bytes in, its frames out: MP4, MOV and WebM, without sound, each frame as a browser would show it.

FFmpeg decodes, through PyAV (`models.rendering.video_file`). It is C code fed by strangers, so this belongs in a
process that may be killed.
"""

import itertools
import math
import time
from collections.abc import Iterator
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from models import limits
from models.palettes import BackgroundChoice
from models.problems import PictureProblem
from models.rendering.frames import LONGEST_MS, Frames, frames_by_cells, kept_size
from models.rendering.still import MAX_SIDE
from models.rendering.video_file import MISSING_S, Excerpt, decoder_of, opened
from models.rendering.video_pixels import Look, look_of, pixels_of
from models.sniff import check_bytes, check_size

_NEAR: Final = 0.25
"""Of the time between two frames: so much may a frame be early, since files round their times."""
_PATIENCE_S: Final = 0.5
"""So long is decoded before it is told whether the time will do."""


def decode_video(
    data: bytes, columns: int | None, background: BackgroundChoice = "light", most_s: float = math.inf
) -> Frames:
    """Frames of the first MAX_SECONDS, upright and opaque, none larger than its page (as `frames.decode_frames`).

    Where there are more frames than an animation may have, every second one is taken, or every third, and so on;
    where they come unevenly, one in each share of the time. It plays for ever, as animations in chats do. What is
    not decoded after `most_s` seconds is left out, and before that, where they will not do, some frames in between.

    Raises PictureProblem `broken`, `encrypted`, `unknown_codec`, `sound_alone` and `too_heavy`, and as
    `models.sniff.sniff` does for what is too large, too small or too thin.
    """
    check_bytes(data)
    began = time.monotonic()
    frames: list[NDArray[np.uint8]] = []
    times: list[float] = []
    paper, under = background, background
    with opened(data) as excerpt:
        cut, last = excerpt.cut, 0.0
        step = due = 0.0
        decoded = _Decoded(excerpt)
        for frame, at in decoded:
            if at >= limits.MAX_SECONDS:
                break
            last = at
            if not frames:
                look = _look(frame, excerpt)
                size = kept_size(look.width, look.height, columns)
                most = min(limits.MAX_FRAMES, frames_by_cells(look.width, look.height, columns))
                step = _step(excerpt, most)
            if at + _NEAR * excerpt.interval >= due and len(frames) < most:
                picture, paper = pixels_of(frame, look, size, under)
                under = ("light" if paper == "auto" else paper) if not frames else under
                frames.append(picture)
                times.append(at)
                if step and (late := at + _NEAR * excerpt.interval - due) >= 0:
                    due += step * (late // step + 1)
            spent = time.monotonic() - began
            if spent > most_s:
                cut = "slow"
                break
            if spent > _PATIENCE_S and spent > most_s * decoded.progress:
                decoded.hurry()
        if not frames:
            raise PictureProblem("broken", f"no frame: {decoded.error!r}")
        end = excerpt.end
        if cut == "slow" or (decoded.error is not None and end - last > MISSING_S):
            cut, end = cut or "broken", last + excerpt.interval
    return Frames(np.stack(frames), _durations_ms(times, end), 0, cut, paper)


def first_picture(data: bytes, background: BackgroundChoice) -> tuple[NDArray[np.uint8], BackgroundChoice]:
    """The first frame, as `models.rendering.still.decode_on` gives a picture. Raises as `decode_video`."""
    check_bytes(data)
    with opened(data) as excerpt:
        decoded = _Decoded(excerpt)
        for frame, _ in decoded:
            look = _look(frame, excerpt)
            scale = min(1.0, MAX_SIDE / max(look.width, look.height))
            size = max(1, round(look.width * scale)), max(1, round(look.height * scale))
            return pixels_of(frame, look, size, background)
        raise PictureProblem("broken", f"no frame: {decoded.error!r}")


class _Decoded:
    """The frames of an excerpt, each with its time; `error` is the latest damage met, `progress` how much of it
    has been decoded, from 0 to 1."""

    def __init__(self, excerpt: Excerpt) -> None:
        self._excerpt = excerpt
        self._context = decoder_of(excerpt.stream)
        self.error: Exception | None = None
        self.progress = 0.0

    def hurry(self) -> None:
        """Leave out frames that no other one refers to: half of them, often, and nothing looks worse for it."""
        self._context.skip_frame = "NONREF"

    def __iter__(self) -> Iterator[tuple[av.VideoFrame, float]]:
        packets = self._excerpt.packets
        for count, packet in enumerate((*packets, None), 1):
            self.progress = min(1.0, count / len(packets))
            try:
                frames = self._context.decode(packet)
            except MemoryError:
                raise
            except (av.FFmpegError, ValueError) as error:
                self.error = error
                continue
            for frame in frames:
                if frame.pts is not None:
                    yield frame, self._excerpt.seconds(frame.pts)


def _look(frame: av.VideoFrame, excerpt: Excerpt) -> Look:
    """How it is shown. Raises PictureProblem for a size that is not drawn."""
    look = look_of(frame, excerpt.stream)
    check_size(look.width, look.height, limits.MAX_PIXELS)
    return look


def _step(excerpt: Excerpt, most: int) -> float:
    """Seconds from one frame that is drawn to the next, 0 where all are.

    A whole number of intervals; where frames come so unevenly that more than `most` would be drawn, an equal share
    of the time.
    """
    every = math.ceil(len(excerpt.shown) / most)
    if every == 1:
        return 0.0
    step, share = every * excerpt.interval, excerpt.end / most
    if step >= share:
        return step
    due = {(at + _NEAR * excerpt.interval) // step for at in excerpt.shown} if step else excerpt.shown
    return step if len(due) <= most else share


def _durations_ms(times: list[float], end: float) -> tuple[int, ...]:
    """How long each frame is shown, rounded without adding up."""
    marks = [round(1000 * at) for at in (*times, end)]
    return tuple(min(max(1, later - sooner), LONGEST_MS) for sooner, later in itertools.pairwise(marks))
