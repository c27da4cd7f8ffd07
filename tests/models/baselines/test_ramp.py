"""The ramp renderer against a plain loop over characters, as the reference draws: cell for cell and px for px."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.atlas import default_atlas
from models.baselines.per_cell import RAMP
from models.baselines.ramp import ramp_grid
from models.rendering.still import decode
from models.typeface import TTF
from tests.models.pictures import SAMPLES, photo

ATLAS = default_atlas()


def plain_ramp(rgb: NDArray[np.uint8], scale: float, gamma: float) -> list[str]:
    """The article's rule, one character at a time: sample, sum the colours, stretch, power, cut off."""
    image = Image.fromarray(rgb)
    columns, rows = round(image.width * scale * (16 / 8)), round(image.height * scale)
    sampled = image.resize((columns, rows)).load()
    assert sampled is not None
    sums = [[sum(sampled[x, y]) for x in range(columns)] for y in range(rows)]  # type: ignore[arg-type]
    low, high = min(map(min, sums)), max(map(max, sums))
    lines = []
    for row in sums:
        line = ""
        for value in row:
            darkness = 1.0 - (value - low) / (high - low)
            line += RAMP[int(darkness**gamma * (len(RAMP) - 1))]
        lines.append(line)
    return lines


def letters(rgb: NDArray[np.uint8], scale: float, gamma: float) -> list[str]:
    grid = ramp_grid(rgb, round(rgb.shape[1] * scale * 2), round(rgb.shape[0] * scale), ATLAS, gamma)
    return ["".join(ATLAS.charset[glyph] for glyph in row) for row in grid.glyphs]


@pytest.mark.parametrize("gamma", [1.0, 2.0])
@pytest.mark.parametrize("scale", [0.1, 0.0625, 0.23])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_real_photos_cell_for_cell(path: Path, scale: float, gamma: float) -> None:
    rgb = decode(path.read_bytes(), max_side=400)
    assert letters(rgb, scale, gamma) == plain_ramp(rgb, scale, gamma)


@pytest.mark.parametrize("seed", range(8))
def test_synthetic_pictures_of_any_shape_cell_for_cell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rgb = np.asarray(photo(int(rng.integers(40, 300)), int(rng.integers(40, 300)), seed))
    assert letters(rgb, 0.1, 2.0) == plain_ramp(rgb, 0.1, 2.0)


def test_drawn_on_the_same_font_pixel_for_pixel() -> None:
    rgb = decode(SAMPLES[0].read_bytes(), max_side=320)
    lines = plain_ramp(rgb, 0.1, 2.0)
    face = ImageFont.truetype(str(TTF), 16)
    ascent, _ = face.getmetrics()
    page = Image.new("L", (8 * len(lines[0]), 16 * len(lines)))
    draw = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            draw.text((8 * column, 16 * row + ascent), character, fill=255, font=face, anchor="ls")
    ours = ramp_grid(rgb, len(lines[0]), len(lines), ATLAS).coverage()
    # FreeType's versions differ in the last bits.
    assert np.abs(ours - np.asarray(page, np.float32) / 255).max() <= 2 / 255


@pytest.mark.parametrize(("level", "character"), [(0, "#"), (255, " ")])
def test_flat_pictures_keep_their_level(level: int, character: str) -> None:
    grid = ramp_grid(np.full((64, 64, 3), level, np.uint8), 8, 4, ATLAS)
    assert set(grid.text()) - {"\n"} == set(character.strip())
    assert grid.glyphs.flatten().tolist() == [ATLAS.charset.index(character)] * 32


def test_every_step_of_the_ramp_is_reached() -> None:
    shades = np.linspace(255, 0, 13 * 20).astype(np.uint8)
    rgb = np.broadcast_to(shades[None, :, None], (16, 13 * 20, 3))
    line = letters(np.ascontiguousarray(rgb), 1 / 16, 1.0)[0]
    assert "".join(dict.fromkeys(line)) == RAMP
