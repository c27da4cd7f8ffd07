"""Colours of one luminance are told apart; pictures that luminance shows stay as they are."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.rendering.equal_luminance import colour_weights
from models.rendering.tone import joint_tones, tone_of
from tests.models.pictures import photo

PAIRS = [
    ((200, 60, 60), (40, 133, 80)),
    ((60, 90, 220), (150, 70, 103)),
    ((220, 120, 40), (40, 186, 184)),
    ((255, 0, 0), (0, 130, 0)),
]
Colour = tuple[int, int, int]


def letters(ink: Colour, ground: Colour, size: int = 90) -> np.ndarray:
    picture = Image.new("RGB", (320, 160), ground)
    ImageDraw.Draw(picture).text((20, 20), "HELLO", fill=ink, font_size=size)
    return np.asarray(picture)


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
@pytest.mark.parametrize("size", [90, 14])
def test_letters_of_the_grounds_luminance_are_seen(ink: Colour, ground: Colour, size: int) -> None:
    pixels = letters(ink, ground, size)
    there = (pixels == ink).all(-1)
    for tone in (tone_of(pixels), joint_tones(np.stack([pixels, pixels]))[1]):
        assert tone[there].mean() - tone[(pixels == ground).all(-1)].mean() > 0.5


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
@pytest.mark.parametrize("paper", [(255, 255, 255), (0, 0, 0)], ids=["white", "black"])
@pytest.mark.parametrize(("title", "size"), [("A title", 90), ("", 90), ("", 40)], ids=str)
def test_parts_of_one_luminance_are_told_apart_on_a_page(
    ink: Colour, ground: Colour, paper: Colour, title: str, size: int
) -> None:
    """Letters of more than a hundredth of the page and of less."""
    page = Image.new("RGB", (900, 700), paper)
    page.paste(Image.fromarray(letters(ink, ground, size)), (300, 300))
    ImageDraw.Draw(page).text((60, 60), title, fill=tuple(255 - level for level in paper), font_size=90)
    pixels = np.asarray(page)
    tone = tone_of(pixels)
    on_ink, on_ground = (tone[(pixels == colour).all(-1)].mean() for colour in (ink, ground))
    assert abs(on_ink - on_ground) > 0.25
    blank = tone[(pixels == paper).all(-1)]
    assert np.ptp(blank) < 0.05
    assert abs(blank.mean() - on_ground) > 0.15


def test_a_card_at_the_start_does_not_change_the_film() -> None:
    film = np.asarray(photo().convert("RGB").resize((320, 160)))
    card = letters(*PAIRS[0])
    grey = np.repeat(np.asarray(Image.fromarray(card).convert("L"))[..., None], 3, -1)
    with_card, with_grey = (joint_tones(np.stack([first, film, film, film])) for first in (card, grey))
    assert np.abs(with_card[1:] - with_grey[1:]).max() < 0.05
    late = joint_tones(np.stack([np.zeros_like(card), card, card]))[2]
    assert abs(late[(card == PAIRS[0][0]).all(-1)].mean() - late[(card == PAIRS[0][1]).all(-1)].mean()) > 0.3


def test_what_luminance_shows_stays_as_it_is() -> None:
    assert colour_weights(letters((20, 20, 60), (230, 220, 200))) is None
    assert colour_weights(np.full((60, 60, 3), (200, 60, 60), np.uint8)) is None
    grey = np.asarray(photo().convert("L").convert("RGB"))
    assert colour_weights(grey) is None
    noise = np.random.default_rng(0).normal(20, 6, (200, 300, 3)).clip(0, 255).astype(np.uint8)
    assert colour_weights(noise) is None
