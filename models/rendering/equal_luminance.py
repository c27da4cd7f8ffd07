"""Equal luminance: colours that differ in hue alone differ in tone, where luminance shows nothing.

Red letters on a green of the same luminance are one grey. A picture like that has its structure in two opponents of
colour; their principal axis, the direction in which they differ most, is added to its tone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.rendering.noise import ramp

_SIDE: Final = 96
"""px a side at which colours are compared: noise of single pixels is no structure there."""
_PLAIN, _COLOURFUL = 0.1, 0.2
"""Range along the axis up to which nothing is shown by colour, and from which on something is."""
_TOLD, _UNTOLD = 0.7, 0.35
"""Range of luminance, in shares of the colours', from which on it tells the picture, and up to which it says
nothing."""
# Rec. 601: blue and red less luminance, each from -0.5 to 0.5; neither changes with luminance.
_OPPONENTS: Final = np.array([[-0.168736, 0.5], [-0.331264, -0.418688], [0.5, -0.081312]], np.float32)
_LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class ColourTone:
    """`weights` of R, G and B in [0, 1]: what a colour adds to its tone."""

    weights: NDArray[np.float32]

    def of(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What (H, W, 3) sRGB bytes add, (H, W)."""
        return np.asarray((rgb.astype(np.float32) / np.float32(255)) @ self.weights, np.float32)


def colour_tone(rgb: NDArray[np.uint8]) -> ColourTone | None:
    """What colours add to the tone of (H, W, 3) sRGB bytes; None where luminance says enough.

    The colour that fewer pixels have is made the darker one.
    """
    height, width = rgb.shape[:2]
    size = (min(width, _SIDE), min(height, _SIDE))
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), np.float32).reshape(-1, 3) / 255
    opponents = small @ _OPPONENTS
    centred = opponents - opponents.mean(0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    along = centred @ axis
    luminance = small @ _LUMINANCE
    low, high = np.quantile(along, (0.01, 0.99))
    dark, light = np.quantile(luminance, (0.02, 0.98))
    if np.ptp(along) > 2 * (high - low):  # a small subject
        low, high, dark, light = along.min(), along.max(), luminance.min(), luminance.max()
    span = float(high - low)
    strength = ramp(span, _PLAIN, _COLOURFUL) * ramp(float(light - dark) / max(span, 1e-6), _TOLD, _UNTOLD)
    if not strength:
        return None
    turned = -1.0 if (along > (low + high) / 2).mean() > 0.5 else 1.0
    return ColourTone(np.asarray(_OPPONENTS @ axis * turned * strength, np.float32))
