"""One decoded frame of a video to sRGB pixels: turned, in its shape, its colours converted, on paper.

What the file leaves open is taken as Chromium takes it.
"""

import struct
from dataclasses import dataclass
from functools import cache
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc, Interpolation
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from models.files.png_colour import hlg_light, pq_light
from models.oklab import coded_of, light_of
from models.palettes import BackgroundChoice
from models.rendering.still import plain

# Code points of ITU-T H.273, which video files name colours by.
_MATRICES: Final = (0, 1, 4, 5, 6, 7, 9, 10)
"""Those that swscale knows; any other is as good as none."""
_HDR: Final = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
"""PQ and HLG."""
_HD: Final = 720
"""From so many lines on, a video that does not name its matrix has that of BT.709; below, that of BT.601."""
_SCALE: Final = Interpolation.LANCZOS | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_WHITE_NITS: Final = 203.0
"""ITU-R BT.2408: what a diffuse white has in HDR."""
_PEAK: Final = 1000.0 / _WHITE_NITS
"""The brightest that is told apart, in diffuse whites."""
_WHITE: Final = np.float32(0.5)
"""Of the screen's light."""
_TO_BT709: Final = np.array(
    ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)), np.float32
)
"""Linear BT.2020 to linear BT.709 (ITU-R BT.2087)."""
_STEPS: Final = 4096


@dataclass(frozen=True)
class Look:
    """How a video's frames are to be shown: width and height in px, as seen; whether rows and columns change places
    for that, and which of the two then run backwards."""

    width: int
    height: int
    swapped: bool
    backwards: tuple[bool, bool]


def look_of(frame: av.VideoFrame, stream: VideoStream) -> Look:
    """From the file's pixel aspect ratio and display matrix; turns that are none of a right angle are rounded."""
    width, height = frame.width, frame.height
    ratio = float(stream.sample_aspect_ratio or 1)
    if ratio > 1:
        width = round(width * ratio)
    else:
        height = round(height / ratio)
    a, b, c, d = _matrix(frame)
    if swapped := abs(b) + abs(c) > abs(a) + abs(d):
        width, height = height, width
    return Look(width, height, swapped, (c < 0, b < 0) if swapped else (a < 0, d < 0))


def pixels_of(
    frame: av.VideoFrame, look: Look, size: tuple[int, int], background: BackgroundChoice
) -> tuple[NDArray[np.uint8], BackgroundChoice]:
    """(H, W, 3) sRGB bytes of `size` (W, H), and the paper as `models.rendering.still.plain` tells it."""
    width, height = size[::-1] if look.swapped else size
    deep = frame.color_trc in _HDR or frame.color_primaries == ColorPrimaries.BT2020
    see_through = any(component.is_alpha for component in frame.format.components)
    guess = None
    if not frame.format.is_rgb and frame.colorspace not in _MATRICES[1:]:
        guess = Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601
    form = "rgb48le" if deep else "rgba" if see_through else "rgb24"
    picture = frame.reformat(width, height, form, src_colorspace=guess, interpolation=_SCALE, threads=1)
    pixels: NDArray[np.uint8] = picture.to_ndarray()  # type: ignore[assignment]
    if deep:
        pixels = _to_srgb(pixels.astype(np.uint16), frame)
    if look.swapped:
        pixels = pixels.transpose(1, 0, 2)
    rightwards, downwards = (slice(None, None, -1 if turned else 1) for turned in look.backwards)
    pixels = np.ascontiguousarray(pixels[downwards, rightwards])
    if not see_through or deep:
        return pixels, background
    flat, paper, _ = plain(Image.fromarray(pixels, "RGBA"), background)
    return np.asarray(flat, np.uint8), paper


def _matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """(a, b, c, d) of the display matrix: a pixel at (x, y) is seen at (a·x + c·y, b·x + d·y)."""
    try:
        found = bytes(frame.side_data["DISPLAYMATRIX"])  # type: ignore[typeddict-item]
        a, b, _, c, d = struct.unpack_from("=5i", found)
    except (KeyError, struct.error):
        return 1, 0, 0, 1
    return (a, b, c, d) if (a or b) and (c or d) else (1, 0, 0, 1)


def _to_srgb(pixels: NDArray[np.uint16], frame: av.VideoFrame) -> NDArray[np.uint8]:
    """(H, W, 3) of 16 bits, as the frame encodes it, to sRGB bytes: within a few levels of what Chromium shows.

    Of HDR, diffuse white becomes half of the screen's light; above it, Reinhard's curve leaves room for highlights
    up to a peak of 1000 cd/m².
    """
    light = _light(frame.color_trc)[pixels >> 4]
    if (
        frame.color_trc == ColorTrc.ARIB_STD_B67
    ):  # from the scene's to the screen's (ITU-R BT.2100, system gamma 1.2)
        luminance = light @ np.array((0.2627, 0.6780, 0.0593), np.float32)
        light *= (luminance**0.2)[..., None] * np.float32(_PEAK)
    if frame.color_primaries == ColorPrimaries.BT2020:
        light = light @ _TO_BT709.T
    if frame.color_trc in _HDR:
        brightest = light.max(-1, keepdims=True).clip(0)
        light *= np.minimum(_WHITE, (1 + brightest / _PEAK**2) / (1 + brightest))
    mapped: NDArray[np.uint8] = _srgb()[np.rint(light.clip(0, 1) * (_STEPS - 1)).astype(np.uint16)]
    return mapped


@cache
def _light(transfer: int) -> NDArray[np.float32]:
    """Light by code value (of _STEPS): in diffuse whites of PQ, in peaks of HLG and of anything else."""
    code = np.arange(_STEPS) / (_STEPS - 1)
    if transfer == ColorTrc.SMPTE2084:
        return np.asarray(pq_light(code) / _WHITE_NITS, np.float32)
    if transfer == ColorTrc.ARIB_STD_B67:
        return hlg_light(code).astype(np.float32)
    return light_of(code).astype(np.float32)


@cache
def _srgb() -> NDArray[np.uint8]:
    """sRGB bytes by light (of _STEPS)."""
    light = np.arange(_STEPS) / (_STEPS - 1)
    return np.asarray(np.rint(255 * coded_of(light)), np.uint8)
