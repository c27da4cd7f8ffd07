"""Which paper a picture gets if nobody says, by scenes of which one knows it."""

import numpy as np
import pytest

from models.arrays.planes import enlarged, shrunk
from models.rendering.renderer import choose_background

LINE = np.linspace(-1, 1, 64, dtype=np.float32)
DISC = (LINE[:, None] ** 2 + LINE**2 < 0.3).astype(np.float32)


@pytest.mark.parametrize(
    ("inside", "outside", "paper"),
    [
        (0.9, 0.2, "light"),  # a dark animal in snow
        (0.6, 0.2, "light"),
        (0.4, 0.2, "dark"),  # darker than what is around it, but not by much
        (0.2, 0.9, "dark"),  # a lamp at night
        (0.9, 0.95, "dark"),  # a dark scene
        (0.5, 0.5, "dark"),
        (0.1, 0.12, "dark"),  # a white animal in mist
        (0.1, 0.0, "light"),  # a pale drawing on white
    ],
)
@pytest.mark.parametrize("side", [64, 256, 32])
def test_the_subject_stands_out_on_it(inside: float, outside: float, paper: str, side: int) -> None:
    tone = (shrunk if side < 64 else enlarged)(DISC * inside + (1 - DISC) * outside, side, side)
    assert choose_background(tone, DISC) == paper


@pytest.mark.parametrize("area", [0.0, 0.005, 0.97, 1.0])
def test_without_a_subject_it_is_dark(area: float) -> None:
    subject = (np.arange(64 * 64).reshape(64, 64) < area * 64 * 64).astype(np.float32)
    assert choose_background(0.9 * subject + 0.3 * (1 - subject), subject) == "dark"
    assert choose_background(np.full((40, 30), 0.9, np.float32), np.zeros((1, 1), np.float32)) == "dark"


@pytest.mark.parametrize(("ground", "ink", "paper"), [(0.02, 0.9, "light"), (0.9, 0.1, "dark")])
def test_a_page_of_text_keeps_its_own_paper(ground: float, ink: float, paper: str) -> None:
    """A screenshot of code, in a light theme and in a dark one: lines of strokes, and no subject to be found."""
    tone = np.full((320, 240), ground, np.float32)
    tone[..., 8::16, 10:200:3] = ink
    assert choose_background(tone, np.full((64, 64), 0.001, np.float32)) == paper
