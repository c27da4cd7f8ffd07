"""Pictures blurred, averaged and resized, as (…, H, W) arrays of float32; models.blur does the first on tensors."""

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

BAND: Final = 16
"""Lines of a blurred picture that one product of matrices makes, from those up to the kernel's reach around them:
on a processor several times as quick as a convolution, or as one product with the whole side's matrix."""
REACH: Final = 3.5
"""Deviations at which a blur's kernel ends."""

Plane = NDArray[np.float32]


def blur(image: Plane, sigma: float) -> Plane:
    """Gaussian blur of (…, H, W) by `sigma` px, edges replicated."""
    *_, height, width = image.shape
    planes = _along_lines(image.reshape(-1, height, width), _bands(sigma, width))
    down = _bands(sigma, height)
    blurred = np.empty((len(planes), len(down), BAND, width), np.float32)
    for plane, out in zip(planes, blurred, strict=True):
        np.matmul(down, _views(plane, down), out=out)
    return blurred.reshape(len(planes), -1, width)[:, :height].reshape(image.shape)


def _along_lines(planes: Plane, across: Plane) -> Plane:
    *_, height, width = planes.shape
    turned = planes.reshape(-1, width)
    count, _, seen = across.shape
    reach = (seen - BAND) // 2
    padded = np.zeros((len(turned), 2 * reach + count * BAND), np.float32)
    padded[:, reach : reach + width] = turned
    # Overlapping views of the padded lines, so that nothing is copied for the products.
    step, one = padded.strides
    views = as_strided(padded, (count, len(turned), seen), (BAND * one, step, one))
    blurred = np.empty((len(turned), count, BAND), np.float32)
    np.matmul(views, across.swapaxes(1, 2), out=blurred.swapaxes(0, 1))
    return blurred.reshape(-1, height, count * BAND)[..., :width]


def _views(plane: Plane, down: Plane) -> Plane:
    """For each band of lines of a plane, (H, W), those it is made from, (bands, BAND + 2 · reach, W)."""
    count, _, seen = down.shape
    reach = (seen - BAND) // 2
    padded = np.zeros((2 * reach + count * BAND, plane.shape[1]), np.float32)
    padded[reach : reach + len(plane)] = plane
    step, one = padded.strides
    return as_strided(padded, (count, seen, plane.shape[1]), (BAND * step, step, one))


@lru_cache(maxsize=128)
def _bands(sigma: float, side: int) -> Plane:
    """The blur of a line of `side` px, edges replicated: bands of its matrix, (bands, BAND, BAND + 2 · reach)."""
    reach = max(1, math.ceil(REACH * sigma))
    kernel = np.exp(-(np.arange(-reach, reach + 1, dtype=np.float32) ** 2) / np.float32(2 * sigma**2))
    kernel /= kernel.sum()
    places = np.arange(side)
    band = places // BAND
    bands = np.zeros((-(-side // BAND), BAND, BAND + 2 * reach), np.float32)
    for offset, weight in enumerate(kernel, -reach):
        seen = np.clip(places + offset, 0, side - 1)
        np.add.at(bands, (band, places % BAND, seen - band * BAND + reach), weight)
    return bands


def slopes(image: Plane, sigma: float) -> tuple[Plane, Plane]:
    """How much (…, H, W), blurred by `sigma` px, rises a pixel to the right and downwards, both in its shape."""
    edges = ((0, 0),) * (image.ndim - 2) + ((1, 1), (1, 1))
    seen = np.pad(blur(image, sigma), edges, mode="edge")
    half = np.float32(0.5)
    across, down = seen[..., 1:-1, 2:] - seen[..., 1:-1, :-2], seen[..., 2:, 1:-1] - seen[..., :-2, 1:-1]
    return np.asarray(across * half, np.float32), np.asarray(down * half, np.float32)


def block_means(image: Plane, height: int, width: int) -> Plane:
    """The mean of each block of height × width px, which divide the sides of (…, H, W)."""
    # Not by `mean`: over axes as short as these it is many times slower.
    lines = image[..., ::height, :].copy()
    for line in range(1, height):
        lines += image[..., line::height, :]
    cut = lines.reshape(*lines.shape[:-1], -1, width)
    return np.asarray(cut @ np.full(width, 1 / (width * height), np.float32), np.float32)


def shrunk(image: Plane, height: int, width: int) -> Plane:
    """(…, H, W) at a size that need not divide its own: each px is the mean of all that it covers in part."""
    return _product(_shrinking(image.shape[-2], height), image, _shrinking(image.shape[-1], width))


def enlarged(image: Plane, height: int, width: int) -> Plane:
    """(…, H, W) at a larger size, bilinear, edges replicated."""
    return _product(_enlarging(image.shape[-2], height), image, _enlarging(image.shape[-1], width))


@lru_cache(maxsize=64)
def _shrinking(side: int, to: int) -> Plane:
    matrix = np.zeros((to, side), np.float32)
    for place, line in enumerate(matrix):
        first, end = place * side // to, -(-(place + 1) * side // to)
        line[first:end] = 1 / (end - first)
    return matrix


@lru_cache(maxsize=64)
def _enlarging(side: int, to: int) -> Plane:
    places = np.clip((np.arange(to) + 0.5) * side / to - 0.5, 0, side - 1)
    first = np.minimum(places.astype(int), side - 1)
    second, share = np.minimum(first + 1, side - 1), (places - first).astype(np.float32)
    matrix = np.zeros((to, side), np.float32)
    np.add.at(matrix, (np.arange(to), first), 1 - share)
    np.add.at(matrix, (np.arange(to), second), share)
    return matrix


@lru_cache(maxsize=8)
def _around(side: int, near: int) -> Plane:
    places = np.arange(side)
    matrix = (np.abs(places[:, None] - places) <= near).astype(np.float32)
    return np.asarray(matrix / matrix.sum(1, keepdims=True), np.float32)


def around(image: Plane, near: int) -> Plane:
    """The mean of each place of (…, H, W) and of those up to `near` px around it."""
    return _product(_around(image.shape[-2], near), image, _around(image.shape[-1], near))


def _product(down: Plane, image: Plane, across: Plane) -> Plane:
    return np.asarray(down @ image @ across.T, np.float32)
