"""Tone: how dark each pixel of a photo is, and its fit to a grid of cells."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays.resampling import resampled
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.rendering.equal_luminance import LUMINANCE, colour_weights
from models.rendering.levels import SHARES, levels_of
from models.rendering.noise import denoised, detail_in, noise_in

_STEPS: Final = 1024
_LOOKS: Final = 5
"""Frames of an animation in which noise is looked for, and colours of one luminance."""


def tone_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Tone of (H, W, 3) sRGB bytes as (H, W) float32 in [0, 1]; 1 is black and becomes ink.

    1 − luminance (Rec. 601), and colour where that shows nothing (models.rendering.equal_luminance); without the
    noise of a picture that is even but for it, and stretched as by `stretch`.
    """
    tone = np.asarray(1.0 - luminance_of(rgb), np.float32)
    if (colours := colour_weights(rgb)) is not None:
        tone = np.clip(tone + _weighted(rgb, colours), 0.0, 1.0)
    noise = noise_in(tone)
    return stretch(denoised(tone, noise), math.hypot(*noise))


def joint_tones(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W, 3) sRGB bytes to (N, H, W) tone in [0, 1], all of them stretched alike.

    As `tone_of` does it for one picture; the quantiles are exact to 1/1024. The noise is that of the quietest of a
    few frames: what comes and goes is no noise. Colours are told apart if at least half of those ask for it: a card
    at the start is no reason to change the film.
    """
    tones = np.empty(pixels.shape[:3], np.float32)
    looks = slice(None, None, -(-len(tones) // _LOOKS))
    found = [colour_weights(frame) for frame in pixels[looks]]
    told = [colours for colours in found if colours is not None]
    colours = told[0] if 2 * len(told) >= len(found) else None
    for tone, frame in zip(tones, pixels, strict=True):
        np.subtract(1.0, luminance_of(frame), out=tone)
        if colours is not None:
            np.clip(tone + _weighted(frame, colours), 0.0, 1.0, out=tone)
    noise = min((noise_in(tone) for tone in tones[looks]), key=sum)
    counts = np.zeros(_STEPS + 1, np.int64)
    for tone in tones:
        if noise:
            tone[:] = denoised(tone, noise)
        steps = np.clip(tone * _STEPS + 0.5, 0, _STEPS).astype(np.int32)
        counts += np.bincount(steps.ravel(), minlength=_STEPS + 1)
    sums = np.cumsum(counts)
    quantiles = [int(np.searchsorted(sums, share * sums[-1])) / _STEPS for share in SHARES]
    detail = max(detail_in(tone) for tone in tones[looks])
    levels_of(quantiles, detail, math.hypot(*noise)).apply(tones)
    return tones


def luminance_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luminance (Rec. 601, of the gamma-coded values) of (H, W, 3) sRGB bytes as (H, W) float32 in [0, 1]."""
    return _weighted(rgb, LUMINANCE)


def _weighted(rgb: NDArray[np.uint8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) sRGB bytes, each channel in [0, 1] times its weight, (H, W)."""
    return np.asarray((rgb.astype(np.float32) / np.float32(255)) @ weights, np.float32)


def stretch(tone: NDArray[np.float32], noise: float = 0.0) -> NDArray[np.float32]:
    """Tone at its levels (models.rendering.levels): of most pictures, between their 1 % and 99 % quantiles.

    `noise` is the deviation of the noise that was in it.
    """
    quantiles = [float(level) for level in np.quantile(tone, SHARES)]
    stretched = np.array(tone, np.float32)
    levels_of(quantiles, detail_in(tone), noise).apply(stretched)
    return stretched


def fit(tone: NDArray[np.float32], columns: int, rows: int) -> NDArray[np.float32]:
    """Resample (H, W) tone to exactly (rows · 16, columns · 8) px, in [0, 1]."""
    height, width = rows * CELL_HEIGHT, columns * CELL_WIDTH
    if tone.shape == (height, width):
        return tone
    return np.clip(resampled(tone, height, width), 0.0, 1.0)
