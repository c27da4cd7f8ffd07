"""Noise: found where a picture is flattest, and taken out of the tone of pictures that are even but for it.

A photo's texture is as strong at a width of 16 px as at one of a pixel; a sensor's, a scanner's or a film's noise
has nearly averaged out there. So a picture is cut into bands, each of twice the width of the one before, and the
bands are compared where the picture is flattest. Textures are left as they are, and so is most of all photos.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.arrays.planes import block_means

BANDS: Final = 5
"""Details of 1, 2, 4, 8 and 16 px."""
_BLOCK: Final = 64
"""px a side of the places that are compared."""
_FLATTEST: Final = 0.2
"""Share of the places in which noise is all there is, if there is noise."""
_NOISE, _TEXTURE = 0.34, 0.45
"""The widest band's share of all: up to _NOISE it is noise (white noise has 0.06, film grain of 4 px 0.3), from
_TEXTURE on it is not (of 772 photos and screenshots, seven have less)."""
_LOUD, _TOO_LOUD = 12 / 255, 18 / 255
"""Deviation of tone that noise may have; what is more is texture."""
_SILENT: Final = 0.2 / 255
_SHRINK: Final = 3.5
"""Variances of noise below which nothing of a band is left."""
_SHADED, _SOFT = 256, 6
"""px a side at which shading is told from detail, and of a picture that has soft shading alone."""
_GLANCE: Final = 1024
"""px a side at which noise is looked for first."""

Tone = NDArray[np.float32]


def ramp(value: float, none: float, all_: float) -> float:
    """0 up to `none`, 1 from `all_` on (which may be the smaller one), smooth in between."""
    step = min(1.0, max(0.0, (value - none) / (all_ - none)))
    return step * step * (3 - 2 * step)


def noise_in(tone: Tone) -> tuple[float, ...]:
    """The deviation of the noise in each band of (H, W) tone, times how sure it is to be noise; empty for none."""
    factor = -(-max(tone.shape) // _GLANCE)
    glance = tone if factor == 1 else np.asarray(Image.fromarray(tone).reduce(factor), np.float32)
    deviations = _deviations(glance)
    if len(deviations) < 2:
        return ()
    *finer, widest = deviations
    total = float(np.sqrt(np.sum(np.square(finer))))
    if total < _SILENT:
        return ()
    sure = ramp(widest / total, _TEXTURE, _NOISE) * ramp(total, _TOO_LOUD, _LOUD)
    if not sure:
        return ()
    return tuple(sure * deviation for deviation in (deviations if factor == 1 else _deviations(tone)))


def denoised(tone: Tone, noise: Sequence[float]) -> Tone:
    """(H, W) tone without the noise that `noise_in` found: what is no stronger than it in a band goes.

    Each detail of a band is multiplied by max(0, 1 - T σ² / e), where e is the mean square of it and its eight
    neighbours (a local Wiener filter, Lee 1980, on each band): edges stay as they are, and there is no step between
    what goes and what stays.
    """
    if not noise:
        return tone
    bands, rest = _bands(tone, len(noise))
    whole = rest
    for band, deviation in zip(reversed(bands), reversed(noise), strict=False):
        energy = np.maximum(_around(band * band), np.float32(1e-12))
        whole = _wider(whole, band.shape) + band * np.maximum(0, 1 - np.float32(_SHRINK * deviation**2) / energy)
    return np.asarray(whole, np.float32)


def detail_in(tone: Tone) -> float:
    """The range, 1 % to 99 %, of (H, W) tone without soft shading: how uneven light is of an even surface."""
    side = max(1, max(tone.shape) // _SHADED)
    small = np.asarray(Image.fromarray(tone).reduce(side), np.float32)
    soft = Image.fromarray(small).resize((_SOFT, _SOFT), Image.Resampling.BOX)
    shading = np.asarray(soft.resize((small.shape[1], small.shape[0]), Image.Resampling.BICUBIC), np.float32)
    low, high = np.quantile(small - shading, (0.01, 0.99))
    return float(high - low)


def _around(values: Tone) -> Tone:
    """The mean of each place and its eight neighbours."""
    for axis in (0, 1):
        padded = np.pad(values, [(1, 1) if axis == other else (0, 0) for other in (0, 1)], mode="edge")
        before, same, after = (
            padded[start : start + values.shape[0]] if axis == 0 else padded[:, start : start + values.shape[1]]
            for start in range(3)
        )
        values = (before + same + after) / np.float32(3)
    return values


def _bands(tone: Tone, count: int) -> tuple[list[Tone], Tone]:
    """Up to `count` bands of a Laplacian pyramid (Burt and Adelson 1983), the finest first, and what is left."""
    bands: list[Tone] = []
    while len(bands) < count and min(tone.shape) >= _BLOCK // 4:
        smaller = np.asarray(Image.fromarray(tone).reduce(2), np.float32)
        bands.append(tone - _wider(smaller, tone.shape))
        tone = smaller
    return bands, tone


def _wider(tone: Tone, shape: tuple[int, ...]) -> Tone:
    """Twice as large, to `shape`, which may be odd."""
    height, width = shape
    wide = Image.fromarray(tone).resize((width, height), Image.Resampling.BILINEAR, (0, 0, width / 2, height / 2))
    return np.asarray(wide, np.float32)


def _deviations(tone: Tone) -> list[float]:
    """Each band's root mean square where the picture is flattest."""
    bands, _ = _bands(tone, BANDS)
    if not bands:
        return []
    block = min(_BLOCK, 1 << (min(tone.shape).bit_length() - 1))
    squares = [_means(band * band, max(1, block >> width)) for width, band in enumerate(bands)]
    high, wide = (min(square.shape[axis] for square in squares) for axis in (0, 1))
    places = np.stack([square[:high, :wide].ravel() for square in squares])
    flattest = np.argsort(places[:3].sum(0))[: max(1, round(_FLATTEST * places.shape[1]))]
    return [float(deviation) for deviation in np.sqrt(places[:, flattest].mean(1))]


def _means(values: Tone, side: int) -> Tone:
    high, wide = (length // side for length in values.shape)
    return block_means(values[: high * side, : wide * side], side, side)
