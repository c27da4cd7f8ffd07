"""Videos for the tests, encoded here, so that every frame's pixels and times are known."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import wraps
from typing import Any, Final, ParamSpec

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
P = ParamSpec("P")
COLOURS: Final = ((200, 40, 40), (40, 180, 60), (50, 70, 210), (210, 190, 60), (128, 128, 128), (235, 235, 235))
TICKS: Final = 1000
"""Times are whole milliseconds."""
GOOD: Final[Mapping[str, Mapping[str, str]]] = {
    "libx264": {"crf": "8", "preset": "ultrafast"},
    "libx265": {"crf": "8", "preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx": {"crf": "8", "b": "2M", "deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"crf": "8", "b": "0", "deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"crf": "15", "preset": "12"},
    "mpeg4": {"qscale": "2"},
}


def plain(colour: Sequence[int], width: int = 64, height: int = 48) -> Pixels:
    """A frame of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def corner(width: int = 96, height: int = 64) -> Pixels:
    """Grey, with a bright red block in the upper left corner and a blue one beside it: shows turns and mirrors."""
    frame = plain((128, 128, 128), width, height)
    frame[: height // 4, : width // 4] = (220, 30, 30)
    frame[: height // 4, width // 4 : width // 2] = (40, 60, 220)
    return frame


def _in_own_thread(encode: Callable[P, bytes]) -> Callable[P, bytes]:
    """Where root encodes, SVT-AV1 gives the thread that calls it the highest real-time priority, and leaves it so.

    All that a test runner did from then on, and all that it started, would be ahead of everything on the machine.
    """

    @wraps(encode)
    def in_own_thread(*args: P.args, **kwargs: P.kwargs) -> bytes:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(encode, *args, **kwargs).result()

    return in_own_thread


@_in_own_thread
def video(
    frames: Iterable[Pixels],
    times_ms: Sequence[int] | None = None,
    *,
    codec: str = "libx264",
    form: str = "mp4",
    pix_fmt: str = "yuv420p",
    last_ms: int = 100,
    sound: bool = False,
    options: Mapping[str, str] | None = None,
    container: Mapping[str, str] | None = None,
    prepare: Callable[[Any], None] = lambda stream: None,
    dress: Callable[[av.VideoFrame], None] = lambda frame: None,
) -> bytes:
    """A file of RGB or RGBA frames, each shown until the next one's time (without times, for 100 ms each).

    `options` are the encoder's, `container` the muxer's; `prepare` may change the stream, `dress` each frame.
    """
    out = io.BytesIO()
    pictures = list(frames)
    times = list(times_ms) if times_ms is not None else [100 * index for index in range(len(pictures))]
    height, width = pictures[0].shape[:2]
    with av.open(out, "w", format=form, options=dict(container or {})) as file:
        how = {**GOOD.get(codec, {}), **(options or {})}
        stream: Any = file.add_stream(codec, rate=Fraction(TICKS, last_ms), options=how)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS)
        prepare(stream)
        if sound:
            _silence(file, (times[-1] + last_ms) / 1000)
        for index, (picture, start) in enumerate(zip(pictures, times, strict=True)):
            frame = av.VideoFrame.from_ndarray(picture, "rgba" if picture.shape[2] == 4 else "rgb24")
            dress(frame)
            frame.pts, frame.time_base = start, Fraction(1, TICKS)
            frame.duration = ([*times, times[-1] + last_ms][index + 1]) - start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def sound_alone(form: str = "mp4", seconds: float = 0.5) -> bytes:
    """A file without a picture in it."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as file:
        _silence(file, seconds)
    return out.getvalue()


def _silence(file: Any, seconds: float) -> None:
    stream = file.add_stream("aac" if "webm" not in file.format.name else "libopus", rate=48_000)
    for start in range(0, int(seconds * 48_000), 960):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, start
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
