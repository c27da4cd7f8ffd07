"""Hostile and odd pictures, some hundred more where a collection is at hand, through the worker's pipeline.

Each becomes a picture or a PictureProblem in bounded time; none takes the worker's process along.
"""

import io
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from models.options import RenderOptions
from models.problems import PictureProblem
from models.rendering.renderer import Renderer
from models.sentences import PICTURE_SENTENCES
from models.weights_file import read_weights
from tests.hostile import collected, write_hostile
from tests.worker.samples import write_weights
from worker.render.decoder import LIMIT_S, Decoder
from worker.render.job import draw


@pytest.mark.slow
def test_every_file_is_drawn_or_refused_in_words(tmp_path: Path) -> None:
    files = [*write_hostile(tmp_path), *collected()]
    # Untrained and small: what is tried here is what can be read, not how it is drawn.
    renderer = Renderer(read_weights(write_weights(tmp_path, 1), "tiny"))
    outcomes: Counter[str] = Counter()
    with Decoder() as decoder:
        for file in files:
            start = time.monotonic()
            try:
                drawing = draw(renderer, decoder, file.read_bytes(), RenderOptions("photo", 24, "light"))
            except PictureProblem as problem:
                assert problem.code in PICTURE_SENTENCES and str(problem)
                outcomes[problem.code] += 1
            else:
                with Image.open(io.BytesIO(drawing.data)) as image:
                    assert image.width == drawing.columns * 8, file.name
                outcomes["drawn"] += 1
            assert time.monotonic() - start < 3 * LIMIT_S, file.name
    print(f"{len(files)} files: {dict(outcomes.most_common())}")
    assert outcomes["drawn"] and outcomes["broken"] and outcomes["not_a_picture"]
