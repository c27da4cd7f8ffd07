"""Pictures for the tests, made here from arithmetic, so that every expected value is known."""

import io
import random
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.models.built import PNG, chunk, ihdr

SAMPLES = [Path(__file__).parents[2] / "docs" / "samples" / f"{name}.jpg" for name in ("koala", "macaw", "panda")]
"""Photos with tone all over: where most is an even sky, similarity judges that alone."""


def scene(width: int = 256, height: int = 256, seed: int = 0) -> NDArray[np.float32]:
    """A tone (H, W) with soft shading, hard edges and fine texture."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(width, height)
    tone = 0.5 + 0.3 * np.sin(7 * x + 3 * y + seed)
    for _ in range(6):
        cx, cy, radius = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.05, 0.3)
        tone = np.where((x - cx) ** 2 + (y - cy) ** 2 < radius**2, rng.uniform(0, 1), tone)
    noisy: NDArray[np.float32] = np.clip(tone + rng.normal(0, 0.02, tone.shape), 0, 1).astype(np.float32)
    return noisy


def photo(width: int = 256, height: int = 192, seed: int = 0) -> Image.Image:
    """The same as an RGB picture, each channel another scene."""
    channels = [np.rint(scene(width, height, seed + 10 * c) * 255).astype(np.uint8) for c in range(3)]
    return Image.fromarray(np.stack(channels, -1))


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """The picture as file bytes."""
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def damaged_fax() -> bytes:
    """A TIFF of fax-coded rows, most of them damaged: libtiff has a line to say of each."""
    stream = io.BytesIO()
    Image.new("1", (1728, 4000), 1).save(stream, "TIFF", compression="group3")
    data, chance = bytearray(stream.getvalue()), random.Random(1)
    for _ in range(2000):
        data[chance.randrange(8, len(data) - 400)] = chance.randrange(256)
    return bytes(data)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing: the cheapest bomb."""

    head = chunk(b"IHDR", ihdr(width, height, 8, 2))
    return PNG + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
