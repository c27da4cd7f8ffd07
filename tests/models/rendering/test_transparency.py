"""What is transparent is paper, and what is opaque is seen on it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.palettes import Background
from models.rendering.frames import decode_frames
from models.rendering.pipeline import InProcess
from models.rendering.still import decode_on
from models.rendering.tone import tone_of
from tests.models.animations import saved
from tests.models.pictures import encoded

SIZE = (240, 160)
WHITE, BLACK, BLUE = (255, 255, 255), (0, 0, 0), (20, 60, 190)
Colour = tuple[int, int, int]


def logo(colour: Colour, alpha: int = 255) -> Image.Image:
    picture = Image.new("RGBA", SIZE)
    ImageDraw.Draw(picture).rectangle((60, 40, 180, 120), fill=(*colour, alpha))
    return picture


def ringed() -> Image.Image:
    """White lettering in a blue ring."""
    picture = Image.new("RGBA", SIZE)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((50, 10, 190, 150), outline=BLUE, width=14)
    pen.rectangle((95, 60, 105, 100), fill=WHITE)
    pen.rectangle((125, 60, 135, 100), fill=WHITE)
    return picture


def faded(colour: Colour) -> Image.Image:
    """From nothing at the left to half opaque at the right."""
    alpha = np.broadcast_to(np.linspace(0, 128, SIZE[0]), SIZE[::-1]).astype(np.uint8)
    picture = Image.new("RGBA", SIZE, colour)
    picture.putalpha(Image.fromarray(alpha))
    return picture


def ink_of(picture: Image.Image, background: Background | str) -> tuple[np.ndarray, str]:
    """What becomes ink on the paper that is asked for or chosen, (H, W), and that paper."""
    still = InProcess().still(encoded(picture), background)  # type: ignore[arg-type]
    assert still.background in ("light", "dark")
    tone = tone_of(still.pixels)
    return (tone if still.background == "light" else 1 - tone), still.background


@pytest.mark.parametrize("background", ["light", "dark", "auto"])
@pytest.mark.parametrize("colour", [WHITE, BLACK, BLUE, (255, 230, 0), (128, 128, 128)])
@pytest.mark.parametrize("alpha", [255, 90])
def test_a_logo_is_seen_on_every_paper(colour: Colour, alpha: int, background: str) -> None:
    ink, _ = ink_of(logo(colour, alpha), background)
    assert ink[:30].max() < 0.02
    assert ink[50:110, 70:170].min() > 0.3


@pytest.mark.parametrize("background", ["light", "dark", "auto"])
def test_lettering_and_its_ring_are_seen(background: str) -> None:
    ink, paper = ink_of(ringed(), background)
    assert ink[70:90, 98:102].min() > 0.15
    assert ink[75:85, 54:60].min() > 0.15
    assert ink[80, 115] < 0.02
    if background == "auto":
        assert paper == "dark"


@pytest.mark.parametrize("background", ["light", "dark"])
@pytest.mark.parametrize("colour", [WHITE, BLACK])
def test_a_gradient_of_transparency_is_seen(colour: Colour, background: str) -> None:
    ink, _ = ink_of(faded(colour), background)
    means = ink.mean(0)
    assert means[2] < 0.05
    assert means[-2] > 0.5
    assert (np.diff(means) > -0.02).all()


def test_what_is_seen_anyhow_keeps_its_colours() -> None:
    sticker = logo(WHITE)
    ImageDraw.Draw(sticker).rectangle((60, 40, 180, 120), outline=BLACK, width=4)
    for picture in (sticker, logo(BLACK)):
        pixels = decode_on(encoded(picture), 2048, "light").pixels
        assert (pixels[80, 120] == np.asarray(picture)[80, 120, :3]).all()


def test_frames_are_lifted_alike() -> None:
    shown = ringed()
    ImageDraw.Draw(shown).rectangle((60, 60, 180, 100), fill=BLUE)  # no white edge in the second frame
    frames = decode_frames(saved([logo(WHITE), shown], "PNG", duration=50, disposal=1), 64, "light").pixels
    assert frames[0][80, 120].max() < 200
    still = decode_on(encoded(shown), 2048, "light").pixels
    assert np.abs(frames[1][80, 120].astype(int) - still[80, 120]).max() > 10


@pytest.mark.parametrize("level", [245, 30], ids=["light", "dark"])
def test_a_screenshots_rounded_corners_are_as_the_rest(level: int) -> None:
    picture = Image.new("RGBA", SIZE)
    ImageDraw.Draw(picture).rounded_rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), 20, fill=(level, level, level))
    pixels, background, _ = decode_on(encoded(picture), 2048, "auto")
    assert background == "auto"
    assert np.abs(pixels.astype(int) - level).max() < 25
