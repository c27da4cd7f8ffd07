"""The test of a model on the photos that come with the library."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from models.baselines.per_cell import shade
from models.formats import picture_columns, rows_for
from models.page import Grid
from models.quality.self_test import SelfTest, self_test
from models.rendering.renderer import Renderer
from models.rendering.tone import fit
from models.samples import SAMPLES


def test_pages_stand_side_by_side_as_wide_as_suits_each(weights: Path) -> None:
    found = self_test(Renderer(weights))
    sizes = []
    for path in SAMPLES:
        with Image.open(path) as photo:
            sizes.append(photo.size)
    with Image.open(io.BytesIO(found.png)) as sheet:
        assert sheet.width == sum(picture_columns(*size) * 8 for size in sizes)
    assert len(sizes) == 3
    assert found.similarity <= 1 and found.legibility <= 1
    assert found.glyphs >= 1


def test_the_page_is_judged_as_it_is_painted(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows the photo's tone is similar to it, less so in paler ink, and as legible."""

    def measured(strength: float) -> SelfTest:
        def grid(self: Renderer, tone: NDArray[np.float32], columns: int, *, focus: float) -> Grid:
            assert focus == 0
            fitted = torch.from_numpy(fit(tone, columns, rows_for(tone.shape[1], tone.shape[0], columns)))
            glyphs = shade(fitted[None, None], torch.from_numpy(self.atlas.ink))[0].numpy()
            return Grid(glyphs, self.atlas, strength=np.full(glyphs.shape, strength, np.float32))

        monkeypatch.setattr(Renderer, "grid", grid)
        return self_test(Renderer(weights))

    full, pale = measured(1.0), measured(0.6)
    assert 0.85 < full.similarity < 1
    assert pale.similarity < full.similarity - 0.1
    assert full.legibility == pytest.approx(1, abs=1e-3) and pale.legibility == pytest.approx(1, abs=1e-2)
    assert pale.glyphs == full.glyphs > 5
