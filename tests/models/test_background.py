"""Which paper a picture gets if nobody says, by scenes of which one knows it."""

import pytest
import torch

from models.background import choose_background

LINE = torch.linspace(-1, 1, 64)
DISC = (LINE[:, None] ** 2 + LINE**2 < 0.3)[None, None].float()


@pytest.mark.parametrize(
    ("inside", "outside", "paper"),
    [
        (0.9, 0.2, "light"),  # a dark animal in snow
        (0.5, 0.2, "light"),
        (0.2, 0.9, "dark"),  # a lamp at night
        (0.9, 0.95, "dark"),  # a dark scene
        (0.5, 0.5, "dark"),
        (0.1, 0.05, "dark"),  # a white animal in snow
    ],
)
@pytest.mark.parametrize("side", [64, 256, 32])
def test_the_subject_stands_out_on_it(inside: float, outside: float, paper: str, side: int) -> None:
    tone = torch.nn.functional.interpolate(DISC * inside + (1 - DISC) * outside, (side, side))
    assert choose_background(tone, DISC) == paper


@pytest.mark.parametrize("area", [0.0, 0.005, 0.97, 1.0])
def test_without_a_subject_it_is_dark(area: float) -> None:
    subject = (torch.arange(64 * 64).view(1, 1, 64, 64) < area * 64 * 64).float()
    assert choose_background(0.9 * subject, subject) == "dark"
    assert choose_background(torch.full((1, 1, 40, 30), 0.9), torch.zeros(1, 1, 1, 1)) == "dark"
