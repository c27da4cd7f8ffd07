"""The test of a model on the photos that come with the library."""

import io
from pathlib import Path

from PIL import Image

from models.forms import picture_columns
from models.renderer import Renderer
from models.selftest import SAMPLES, self_test


def test_pages_stand_side_by_side_as_wide_as_suits_each(weights: Path) -> None:
    found = self_test(Renderer(weights))
    sizes = []
    for path in SAMPLES.glob("*.jpg"):
        with Image.open(path) as photo:
            sizes.append(photo.size)
    with Image.open(io.BytesIO(found.png)) as sheet:
        assert sheet.width == sum(picture_columns(*size) * 8 for size in sizes)
    assert len(sizes) == 3
    assert found.fidelity <= 1 and found.legibility <= 1
    assert found.glyphs >= 1
