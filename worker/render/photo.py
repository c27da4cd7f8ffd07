"""The picture that was drawn, as a file to be shown beside its page: upright, in sRGB, without any of its notes.

It is encoded anew from its pixels, so that Discord shows every format that is drawn, and no place or camera that a
file names travels with it.
"""

import io
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from jobs.pictures import PictureStore
from jobs.schema import RenderRequest
from jobs.text.sentences import ONLY_STILL, ServiceProblem
from models.encoders.gif import frames_in_time
from models.rendering.frames import Frames
from models.rendering.pipeline import Decoder, Drawing, Hook

SIDE: Final = 1600
"""px, longest: a page of the usual 100 columns has half of it."""
QUALITY: Final = 90
_BYTES_A_PIXEL: Final = 0.8
"""What a GIF of a film takes, about."""
_LEAST_SCALE: Final = 0.2


def photo_of(
    request: RenderRequest, drawing: Drawing, pictures: PictureStore, decoder: Decoder, hook: Hook
) -> tuple[bytes, str]:
    """What a request's one picture was drawn from, moving if the drawing does, and the suffix of its file.

    Raises PictureProblem, ServiceProblem `picture_gone`, and what decoder and hook do.
    """
    (picture,) = request.pictures
    sha = picture.still if picture.note == ONLY_STILL and picture.still else picture.sha
    data = pictures.get(sha or "")
    if data is None:
        raise ServiceProblem("picture_gone", f"no picture {(sha or '')[:12]}")
    if drawing.moves:
        frames = hook.stage("decode", lambda: decoder.frames(data, request.options.columns, drawing.background))
        most = request.upload_limit // request.parts
        film = hook.stage("encode", lambda: moving_photo(frames, len(drawing.pages), most))
        if film is not None:
            return film, "gif"
    still = hook.stage("decode", lambda: decoder.still(data, drawing.background))
    return hook.stage("encode", lambda: still_photo(still.pixels)), "jpg"


def still_photo(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of (H, W, 3) sRGB bytes, SIDE px at most; a few hundred kB."""
    image = Image.fromarray(pixels)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, subsampling=0)
    return stream.getvalue()


def moving_photo(frames: Frames, count: int, most_bytes: int) -> bytes | None:
    """A GIF of the first `count` frames in their own times, smaller where it needs to be for `most_bytes`.

    None where it would have to be too small to be seen.
    """
    pixels = frames.pixels[:count]
    height, width = pixels.shape[1:3]
    scale = min(1.0, math.sqrt(most_bytes / (pixels[..., 0].size * _BYTES_A_PIXEL)))
    while scale >= _LEAST_SCALE:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if len(data := _gif(pixels, frames, size)) <= most_bytes:
            return data
        scale *= 0.7
    return None


def _gif(pixels: NDArray[np.uint8], frames: Frames, size: tuple[int, int]) -> bytes:
    in_time = frames_in_time(frames.durations_ms[: len(pixels)])
    # Median cut takes 0.2 s a frame, so that 150 frames would use up the job's time.
    images = [
        Image.fromarray(pixels[index]).resize(size, Image.Resampling.BOX).quantize(255, Image.Quantize.FASTOCTREE)
        for index, _ in in_time
    ]
    again = {} if frames.plays == 1 else {"loop": max(0, frames.plays - 1)}
    stream = io.BytesIO()
    durations = [10 * hundredths for _, hundredths in in_time]
    images[0].save(stream, "GIF", save_all=True, append_images=images[1:], duration=durations, **again)
    return stream.getvalue()
