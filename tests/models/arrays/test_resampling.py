"""Resampling is Pillow's, whatever the sizes."""

import numpy as np
import pytest
from PIL import Image

from models.arrays.resampling import resampled


@pytest.mark.parametrize(
    ("size", "to"),
    [
        ((512, 648), (528, 800)),
        ((682, 512), (1072, 808)),
        ((300, 400), (48, 56)),
        ((1000, 17), (16, 1600)),
        ((1, 1), (16, 8)),
        ((1, 900), (16, 160)),
        ((33, 2), (17, 3)),
        ((64, 64), (64, 64)),
    ],
)
def test_it_is_pillows(size: tuple[int, int], to: tuple[int, int]) -> None:
    tone = np.random.default_rng(0).random(size, np.float32)
    expected = Image.fromarray(tone).resize(to[::-1], Image.Resampling.LANCZOS)
    found = resampled(tone, *to)
    assert found.dtype == np.float32 and found.shape == to
    np.testing.assert_allclose(found, np.asarray(expected), atol=2e-6)
