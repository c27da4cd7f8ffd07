"""From a file's bytes to pixels, whatever is in it: a still picture, an animation or a video.

Decoding runs C code that nothing in Python can interrupt, so it belongs in a process that may be killed.
"""

import math
from typing import Any

from models.containers import video_container
from models.palettes import BackgroundChoice
from models.problems import PictureProblem
from models.rendering import frames as animation
from models.rendering.frames import Frames
from models.rendering.still import MAX_SIDE, Still, decode_on


def decode_still(data: bytes, background: BackgroundChoice) -> Still:
    """As `models.rendering.still.decode_on`, at most MAX_SIDE px a side; of a video the first frame.

    Raises PictureProblem as that does, and as `models.rendering.video.decode_video`, or `no_video` where the extra
    `video` is not installed.
    """
    if video_container(data):
        return Still(*_video().first_picture(data, background))
    return decode_on(data, MAX_SIDE, background)


def decode_frames(
    data: bytes, columns: int | None, background: BackgroundChoice, most_s: float = math.inf
) -> Frames:
    """As `models.rendering.frames.decode_frames`, or for a video `models.rendering.video.decode_video`: of one of
    those, what is not decoded after `most_s` seconds is left out. Raises as `decode_still`."""
    if video_container(data):
        frames: Frames = _video().decode_video(data, columns, background, most_s)
        return frames
    return animation.decode_frames(data, columns, background)


def _video() -> Any:
    """Loaded with the first video: FFmpeg takes a sixth of a second and 100 MB of addresses."""
    try:
        from models.rendering import video  # noqa: PLC0415
    except ImportError as error:
        raise PictureProblem("no_video", repr(error)) from None
    return video
