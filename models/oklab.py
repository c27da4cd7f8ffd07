"""OKLab (Björn Ottosson, 2020, https://bottosson.github.io/posts/oklab/), and sRGB to it and back.

A colour is its lightness L, from 0 for black to 1 for white, and two opponents, a (green to red) and b (blue to
yellow): its hue is their direction, its chroma their length. Steps of one length look about equally large, so a
straight line between two colours is an even gradient, and one of them made lighter keeps the hue that is seen.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Published matrices: linear sRGB to the responses of three cones, and their cube roots to L, a and b.
_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OPPONENTS: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES: Final = np.linalg.inv(_CONES)
_FROM_OPPONENTS: Final = np.linalg.inv(_OPPONENTS)
_ROUNDING: Final = 1e-5
"""So far outside [0, 1] a linear value is a matter of rounding: less than a level of 255."""


def light_of(srgb: NDArray[Any]) -> NDArray[Any]:
    """Gamma-coded sRGB in [0, 1], any shape, to linear light in [0, 1], as precise as given (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def coded_of(light: NDArray[Any]) -> NDArray[Any]:
    """The other way round."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def oklab_of(srgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """(…, 3) sRGB in [0, 1] to (…, 3) OKLab."""
    return np.asarray(np.cbrt(light_of(srgb) @ _CONES.T) @ _OPPONENTS.T, np.float32)


def srgb_of(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """(…, 3) OKLab, L in [0, 1], to (…, 3) sRGB in [0, 1].

    A colour that sRGB has not is made as much less colourful as needed, at its own lightness and hue.
    """
    least, most = np.zeros_like(lab[..., :1]), np.ones_like(lab[..., :1])
    grey = lab * np.array([1, 0, 0], np.float32)
    for _ in range(12):  # halving so often is exact to a byte
        share = (least + most) * np.float32(0.5)
        fits = _fits(grey + (lab - grey) * share)
        least, most = np.where(fits, share, least), np.where(fits, most, share)
    linear = np.clip(_linear(np.where(_fits(lab), lab, grey + (lab - grey) * least)), 0.0, 1.0)
    return coded_of(linear).astype(np.float32)


def _linear(lab: NDArray[np.float32]) -> NDArray[np.float64]:
    """To linear sRGB, which may lie outside [0, 1]."""
    return np.asarray((lab @ _FROM_OPPONENTS.T) ** 3 @ _FROM_CONES.T, np.float64)


def _fits(lab: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether sRGB has each colour; shape (…, 1)."""
    linear = _linear(lab)
    return np.asarray(((linear >= -_ROUNDING) & (linear <= 1 + _ROUNDING)).all(-1, keepdims=True), np.bool_)
