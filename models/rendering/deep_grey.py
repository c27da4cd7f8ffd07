"""Numbers of more than 8 bits to 8 bits: grey, which Pillow keeps in modes of its own, and TIFF's other kinds."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DEEP_GREY: Final = ("I", "I;16", "I;16B", "I;16L", "F")
"""PNG has 16 bits, TIFF also 32 and floating point."""


def to_8_bits(image: Image.Image) -> Image.Image:
    """Deep grey as mode L; Pillow's own conversion clips at 255 instead.

    White is 65,535 in 16 bits. In 32 bits and in floating point TIFF does not tell: it is the least of 1 (floating
    point alone), 255 (the same), 65,535 and the brightest value that is no darker than any.
    """
    return Image.fromarray(to_levels(np.asarray(image), (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)))


def to_levels(numbers: NDArray[np.generic], whites: tuple[float, ...]) -> NDArray[np.uint8]:
    """Any numbers as 0 to 255, negative ones and those that are none as 0.

    White is the first of `whites` that none is above, or else the brightest number.
    """
    values = np.nan_to_num(numbers.astype(np.float32), posinf=0.0, neginf=0.0).clip(0.0)
    brightest = float(values.max(initial=0.0))
    white = next((level for level in whites if brightest <= level), brightest)
    levels: NDArray[np.uint8] = np.rint(values * np.float32(255 / white)).astype(np.uint8)
    return levels
