"""A noisy picture's tone is its clean twin's; so is that of one whose subject is smaller than 1 % of it."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from models.rendering.noise import noise_in
from models.rendering.tone import joint_tones, tone_of

WIDTH, HEIGHT = 480, 352
Pixels = NDArray[np.uint8]
Draw = Callable[[ImageDraw.ImageDraw], None]


def drawn(ground: tuple[int, int, int], draw: Draw = lambda pen: None) -> Pixels:
    picture = Image.new("RGB", (WIDTH, HEIGHT), ground)
    draw(ImageDraw.Draw(picture))
    return np.asarray(picture)


def letter(pen: ImageDraw.ImageDraw) -> None:
    for line, words in enumerate(("Dear Anna, the boat", "leaves at nine.")):
        pen.text((60, 80 + 24 * line), words, fill=(40, 40, 60), font_size=14)


def stars(pen: ImageDraw.ImageDraw) -> None:
    for x, y in np.random.default_rng(1).integers(10, 340, (40, 2)):
        pen.ellipse((x - 1, y - 1, x + 1, y + 1), fill=(240, 240, 240))


def moon(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((340, 60, 364, 84), fill=(230, 228, 215))


def plane(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(220, 180), (262, 172), (268, 178), (224, 190)], fill=(60, 65, 75))
    pen.polygon([(262, 174), (268, 162), (274, 162), (268, 176)], fill=(240, 240, 240))


def line_drawing(light: int) -> Pixels:
    """On off-white paper, a corner of which gets `light` levels less light."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    paper = 240 - light * ((x / WIDTH) ** 2 + (y / HEIGHT) ** 2) / 2
    picture = Image.fromarray(np.stack([paper + 4, paper + 1, paper - 6], -1).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((180, 100, 300, 220), outline=(60, 55, 60), width=2)
    pen.arc((210, 140, 270, 200), 20, 160, fill=(60, 55, 60), width=2)
    return np.asarray(picture)


PICTURES = {
    "letter": drawn((246, 244, 240), letter),
    "letter on white": drawn((255, 255, 255), letter),
    "moon": drawn((6, 7, 12), moon),
    "stars": drawn((8, 8, 16), stars),
    "plane": drawn((120, 165, 215), plane),
    "drawing": line_drawing(0),
    "drawing in uneven light": line_drawing(25),
    "paper": drawn((246, 244, 240)),
    "grey paper": drawn((200, 198, 190)),
    "lens cap": drawn((4, 4, 5)),
    "dusk": drawn((20, 18, 22)),
}


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream).convert("RGB"))


def noisy(pixels: Pixels, kind: str, deviation: float, seed: int = 0) -> Pixels:
    rng = np.random.default_rng(seed)
    if kind == "sensor":  # each channel for itself
        noise = rng.normal(0, deviation, pixels.shape)
    else:
        noise = rng.normal(0, 1, pixels.shape[:2])
        if kind == "grain":
            bytes_ = Image.fromarray(np.clip(noise * 32 + 128, 0, 255).astype(np.uint8))
            noise = np.asarray(bytes_.filter(ImageFilter.GaussianBlur(1)), np.float64) - 128
        noise = (noise / noise.std() * deviation)[..., None]
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


NOISES: dict[str, Callable[[Pixels], Pixels]] = {
    "scanner 1": lambda pixels: noisy(pixels, "scanner", 1),
    "scanner 2": lambda pixels: noisy(pixels, "scanner", 2),
    "scanner 6": lambda pixels: noisy(pixels, "scanner", 6),
    "scanner 4 as JPEG": lambda pixels: jpeg(noisy(pixels, "scanner", 4), 75),
    "JPEG alone": lambda pixels: jpeg(pixels, 40),
    "film grain 4": lambda pixels: noisy(pixels, "grain", 4),
    "sensor 5": lambda pixels: noisy(pixels, "sensor", 5),
}


def cells(tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean tone of places of 8×16 px."""
    rows, columns = HEIGHT // 16, WIDTH // 8
    return np.asarray(tone.reshape(rows, 16, columns, 8).mean((1, 3)), np.float32)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("picture", PICTURES)
def test_a_noisy_picture_is_as_its_clean_twin(picture: str, noise: str) -> None:
    clean, with_noise = (cells(tone_of(pixels)) for pixels in (PICTURES[picture], NOISES[noise](PICTURES[picture])))
    assert np.abs(clean - with_noise).mean() < 0.02
    inked, wanted = (float(((tone > 0.1) & (tone < 0.9)).mean()) for tone in (with_noise, clean))
    assert abs(inked - wanted) < 0.1 * wanted + 0.005


def test_what_is_smaller_than_one_percent_is_seen_on_even_ground() -> None:
    for name in ("letter", "letter on white", "drawing", "drawing in uneven light"):
        tone = tone_of(PICTURES[name])
        assert np.median(tone) == 0, name
        assert tone.max() == 1, name
    for name in ("moon", "stars"):
        tone = tone_of(PICTURES[name])
        assert np.median(tone) == 1, name
        assert tone.min() == 0, name
    sky = tone_of(PICTURES["plane"])
    assert 0.2 < np.median(sky) < 0.8
    assert (sky.min(), sky.max()) == (0, 1)


def test_paper_that_is_blank_stays_so_and_a_surface_keeps_its_tone() -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    uneven = (244 - 14 * ((x / WIDTH - 0.3) ** 2 + (y / HEIGHT - 0.4) ** 2)).astype(np.uint8)
    for paper in (PICTURES["paper"], np.stack([uneven] * 3, -1)):
        for blank in (paper, *(make(paper) for make in NOISES.values())):
            assert cells(tone_of(blank)).max() < 0.02
    assert np.ptp(tone_of(PICTURES["grey paper"])) == 0
    assert np.median(tone_of(PICTURES["grey paper"])) == pytest.approx(1 - 198 / 255, abs=0.01)


def test_texture_is_not_noise() -> None:
    """As strong at all widths, as in nature."""
    rng = np.random.default_rng(0)
    tone = sum(
        np.asarray(Image.fromarray(rng.normal(0, 1, (8 << step, 8 << step)).astype(np.float32)).resize((512, 512)))
        for step in range(7)
    )
    assert noise_in(np.asarray(0.5 + 0.01 * tone, np.float32)) == ()
    assert noise_in(np.full((300, 200), 0.3, np.float32)) == ()
    assert noise_in(np.zeros((1, 1), np.float32)) == ()


def test_frames_are_stretched_alike_and_without_their_noise() -> None:
    clean = PICTURES["letter"]
    frames = np.stack([noisy(clean, "scanner", 4, seed) for seed in range(3)])
    tones = joint_tones(frames)
    for tone in tones:
        assert np.abs(cells(tone) - cells(tone_of(clean))).mean() < 0.01
    assert np.abs(tones[0] - tones[1])[:60].max() < 0.01  # paper
