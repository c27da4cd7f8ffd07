"""The subject close up: what a page for a phone shows, and when there is nothing to come closer to."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.formats import FORMATS, MESSAGE_CHARACTERS
from models.options import RenderOptions
from models.rendering.close_up import AROUND, close_up
from models.rendering.pipeline import draw
from models.rendering.renderer import Renderer
from models.weights_file import find_weights
from tests.models.pictures import SAMPLES, encoded, photo


def a_subject(rows: slice, columns: slice) -> NDArray[np.float32]:
    there = np.zeros((64, 64), np.float32)
    there[rows, columns] = 1
    return there


def test_the_subject_fills_the_page_and_its_lights_and_darks_are_driven_apart() -> None:
    ink = np.full((128, 256), 0.5, np.float32)
    ink[32:96, 64:96], ink[32:96, 96:128] = 0.4, 0.6
    near = close_up(ink, a_subject(slice(16, 48), slice(16, 32)))
    assert near is not None
    assert near.ink.shape == (near.rows.stop - near.rows.start, near.columns.stop - near.columns.start)
    assert near.columns.start == pytest.approx(62, abs=3) and near.columns.stop == pytest.approx(130, abs=3)
    middle = near.ink[near.ink.shape[0] // 2]
    assert middle[12] < 0.05 and middle[-13] > 0.95
    assert near.ink[:, 0] == pytest.approx(AROUND, abs=0.1), "what is not the subject is faint"


def test_a_flat_subject_is_not_shown_flatter_than_its_picture() -> None:
    ink = np.tile(np.linspace(0, 1, 256, dtype=np.float32), (128, 1))
    near = close_up(ink, a_subject(slice(30, 34), slice(8, 56)))
    assert near is not None
    height, width = near.ink.shape
    assert width / height == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    "subject",
    [
        np.zeros((64, 64), np.float32),
        np.ones((64, 64), np.float32),
        np.full((64, 64), 0.5, np.float32),
        a_subject(slice(0, 2), slice(0, 2)),
    ],
)
def test_without_a_clear_subject_there_is_no_close_up(subject: NDArray[np.float32]) -> None:
    ink = np.random.default_rng(0).random((64, 96)).astype(np.float32)
    assert close_up(ink, subject) is None


def test_a_subject_of_one_tone_has_nothing_to_drive_apart() -> None:
    assert close_up(np.full((64, 64), 0.5, np.float32), a_subject(slice(16, 48), slice(16, 48))) is None


def test_on_a_phone_the_panda_is_black_and_white() -> None:
    """Its flank is full of ink, shoulder and legs are bare, in 34 columns; asked for everything, all is shown."""
    renderer = Renderer(find_weights("classic", None))
    data = next(path for path in SAMPLES if path.stem == "panda").read_bytes()
    page = draw(renderer, data, RenderOptions(format="phone")).page
    assert (page.columns, FORMATS["phone"].block) == (34, RenderOptions(format="phone").block)
    ink = page.grid.atlas.ink.mean((1, 2))[page.grid.glyphs]
    flank, legs = ink[5:9, 24:31].mean(), ink[5:10, 13:20].mean()
    assert flank > 5 * legs
    whole = draw(renderer, data, RenderOptions(format="phone", focus=0.0)).page
    assert whole.rows < page.rows, "the photo is wider than its panda"


@pytest.mark.parametrize(("columns", "rows"), [(slice(30, 34), slice(0, 64)), (slice(2, 6), slice(8, 64))])
def test_a_subject_too_thin_for_a_message_is_shown_in_its_picture(
    columns: slice, rows: slice, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer, data = Renderer(weights), encoded(photo(270, 480), "PNG")
    monkeypatch.setattr(renderer, "subject_of", lambda ink: a_subject(rows, columns))
    page = draw(renderer, data, RenderOptions(format="phone")).page
    assert (page.columns + 1) * page.rows < MESSAGE_CHARACTERS
    whole = draw(renderer, data, RenderOptions(format="phone", focus=0.0)).page
    assert (page.columns, page.rows) == (whole.columns, whole.rows) == (34, 30)
