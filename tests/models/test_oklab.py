"""OKLab by its published values, back to the same bytes, and what sRGB has not made less colourful alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.oklab import light_of, oklab_of, srgb_of

channels = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (1, 0, 0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_known_colours(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    assert oklab_of(np.array(rgb, np.float32) / np.float32(255)) == pytest.approx(lab, abs=1e-4)


def test_known_light() -> None:
    assert light_of(np.array([0, 0.04045, 0.5, 1], np.float32)) == pytest.approx(
        [0, 0.0031308, 0.21404, 1], abs=1e-5
    )


@given(rgb=channels)
def test_there_and_back(rgb: tuple[int, ...]) -> None:
    srgb = np.array([[rgb]], np.float32) / np.float32(255)
    back = srgb_of(oklab_of(srgb))
    assert back.shape == (1, 1, 3) and back.dtype == np.float32
    assert np.rint(back[0, 0] * 255).tolist() == list(rgb)


@given(rgb=channels, lightness=st.floats(0.1, 0.95), chroma=st.floats(0.02, 1))
def test_only_the_chroma_gives_way(rgb: tuple[int, ...], lightness: float, chroma: float) -> None:
    """Whatever the hue: a colour far outside sRGB comes back at its lightness and hue, and no more colourful."""
    angle = np.arctan2(*oklab_of(np.array(rgb, np.float32) / np.float32(255))[1:])
    asked = np.array([lightness, chroma * np.sin(angle), chroma * np.cos(angle)], np.float32)
    srgb = srgb_of(asked)
    assert srgb.min() >= 0 and srgb.max() <= 1
    got = oklab_of(srgb)
    assert got[0] == pytest.approx(lightness, abs=2e-3)
    assert got[1] * asked[2] - got[2] * asked[1] == pytest.approx(0, abs=3e-3 * chroma)
    assert 0 <= got[1:] @ asked[1:] <= chroma**2 * 1.001 + 1e-3
