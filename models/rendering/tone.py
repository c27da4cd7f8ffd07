"""Tone: how dark each pixel of a photo is, and its fit to a grid of cells."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.atlas import CELL_HEIGHT, CELL_WIDTH

_REC601: Final = np.array([0.299, 0.587, 0.114], np.float32)
_STEPS: Final = 1024


def tone_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Tone of (H, W, 3) sRGB bytes as (H, W) float32 in [0, 1]; 1 is black and becomes ink.

    1 − luminance (Rec. 601), stretched between its 1 % and 99 % quantiles. A flat picture keeps its own
    level, so all-black stays black and all-white stays blank.
    """
    return stretch((1.0 - luminance_of(rgb)).astype(np.float32))


def joint_tones(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W, 3) sRGB bytes to (N, H, W) tone in [0, 1], stretched between the 1 % and 99 % quantiles of all.

    As `tone_of` does it for one picture; the quantiles are exact to 1/1024.
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


def luminance_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luminance (Rec. 601, of the gamma-coded values) of (H, W, 3) sRGB bytes as (H, W) float32 in [0, 1]."""
    return np.asarray((rgb.astype(np.float32) / np.float32(255)) @ _REC601, np.float32)


def stretch(tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stretch tone between its 1 % and 99 % quantiles and clip to [0, 1]; flat tone is only clipped."""
    low, high = (float(level) for level in np.quantile(tone, (0.01, 0.99)))
    if high - low < 2 / 255:
        low, high = 0.0, 1.0
    stretched: NDArray[np.float32] = np.clip((tone - low) / (high - low), 0.0, 1.0).astype(np.float32)
    return stretched


def fit(tone: NDArray[np.float32], columns: int, rows: int) -> NDArray[np.float32]:
    """Resample (H, W) tone to exactly (rows · 16, columns · 8) px, in [0, 1]."""
    size = (columns * CELL_WIDTH, rows * CELL_HEIGHT)
    if tone.shape == (size[1], size[0]):
        return tone
    resized = Image.fromarray(tone).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.clip(np.asarray(resized, np.float32), 0.0, 1.0)
