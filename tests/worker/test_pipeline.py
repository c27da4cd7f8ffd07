"""The pipeline by itself, with the shipped weights: what becomes ink on which paper."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from models.options import RenderOptions
from models.palettes import Background
from models.rendering.renderer import Renderer, find_weights
from worker.render.decoder import Decoder
from worker.render.pipeline import draw


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as warm:
        yield warm


@pytest.mark.parametrize(("background", "inked"), [("light", "dark half"), ("dark", "light half")])
def test_dark_paper_shows_light_as_ink(decoder: Decoder, background: Background, inked: str) -> None:
    halves = np.zeros((96, 192), np.uint8)
    halves[:, 96:] = 255
    stream = io.BytesIO()
    Image.fromarray(halves).save(stream, "PNG")
    drawing = draw(
        Renderer(find_weights("classic", None)),
        decoder,
        stream.getvalue(),
        RenderOptions(palette="mono", columns=24, background=background),
        stages={},
    )
    left, right = np.hsplit(drawing.page.grid.coverage(), 2)
    full, bare = (left, right) if inked == "dark half" else (right, left)
    assert full.mean() > 0.1 and bare.mean() < 0.02
