"""Grey of more than 8 bits a pixel, which Pillow keeps in modes of its own, to 8 bits."""

from typing import Final

import numpy as np
from PIL import Image

DEEP_GREY: Final = ("I", "I;16", "I;16B", "I;16L", "F")
"""PNG has 16 bits, TIFF also 32 and floating point."""


def to_8_bits(image: Image.Image) -> Image.Image:
    """Deep grey as mode L; Pillow's own conversion clips at 255 instead.

    White is 65,535 in 16 bits. In 32 bits and in floating point TIFF does not tell: it is the least of 1 (floating
    point alone), 255 (the same), 65,535 and the brightest value that is no darker than any.
    """
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0, neginf=0.0).clip(0.0)
    brightest = float(values.max(initial=0.0))
    usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    white = next((level for level in usual if brightest <= level), brightest)
    return Image.fromarray(np.rint(values * np.float32(255 / white)).astype(np.uint8))
