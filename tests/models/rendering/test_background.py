"""Which paper a picture gets if nobody says, by scenes of which one knows it."""

import pytest
import torch

from models.rendering.renderer import choose_background

LINE = torch.linspace(-1, 1, 64)
DISC = (LINE[:, None] ** 2 + LINE**2 < 0.3)[None, None].float()


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
    tone = torch.nn.functional.interpolate(DISC * inside + (1 - DISC) * outside, (side, side))
    assert choose_background(tone, DISC) == paper


@pytest.mark.parametrize("area", [0.0, 0.005, 0.97, 1.0])
def test_without_a_subject_it_is_dark(area: float) -> None:
    subject = (torch.arange(64 * 64).view(1, 1, 64, 64) < area * 64 * 64).float()
    assert choose_background(0.9 * subject + 0.3 * (1 - subject), subject) == "dark"
    assert choose_background(torch.full((1, 1, 40, 30), 0.9), torch.zeros(1, 1, 1, 1)) == "dark"


@pytest.mark.parametrize(("ground", "ink", "paper"), [(0.02, 0.9, "light"), (0.9, 0.1, "dark")])
def test_a_page_of_text_keeps_its_own_paper(ground: float, ink: float, paper: str) -> None:
    """A screenshot of code, in a light theme and in a dark one: lines of strokes, and no subject to be found."""
    tone = torch.full((1, 1, 320, 240), ground)
    tone[..., 8::16, 10:200:3] = ink
    assert choose_background(tone, torch.full((1, 1, 64, 64), 0.001)) == paper
