"""Tone: luminance by Rec. 601, the quantile stretch, and the fit to a grid of cells."""

import numpy as np
import pytest

from models import limits
from models.formats import rows_for
from models.rendering.tone import fit, stretch, tone_of


def page(*blocks: tuple[tuple[int, int, int], int]) -> np.ndarray:
    """A picture of so many columns of each colour, 10 px high."""
    return np.concatenate([np.full((10, width, 3), colour, np.uint8) for colour, width in blocks], 1)


def test_luminance_is_rec_601_and_black_is_one() -> None:
    primaries = page(
        ((0, 0, 0), 10), ((255, 255, 255), 10), ((255, 0, 0), 10), ((0, 255, 0), 10), ((0, 0, 255), 10)
    )
    tone = tone_of(primaries)
    assert tone.dtype == np.float32
    assert tone[0, ::10] == pytest.approx([1.0, 0.0, 1 - 0.299, 1 - 0.587, 1 - 0.114], abs=1e-5)


def test_stretch_runs_between_the_quantiles_and_clips_outliers() -> None:
    tone = np.full((10, 100), 0.4, np.float32)
    tone[:, 50:] = 0.6
    tone[0, 0], tone[0, 99] = 0.0, 1.0  # one pixel in a thousand decides nothing
    stretched = stretch(tone)
    assert stretched[5, 0] == pytest.approx(0.0, abs=1e-6)
    assert stretched[5, 99] == pytest.approx(1.0, abs=1e-6)
    assert (stretched[0, 0], stretched[0, 99]) == (0.0, 1.0)


def test_stretch_is_linear_between_the_quantiles() -> None:
    tone = np.linspace(0.2, 0.7, 1001, dtype=np.float32)[None]
    assert stretch(tone)[0, 500] == pytest.approx(0.5, abs=1e-3)
    assert stretch(tone)[0, 250] == pytest.approx((0.25 - 0.01) / 0.98, abs=1e-3)


@pytest.mark.parametrize(("level", "tone"), [(0, 1.0), (255, 0.0), (128, 1 - 128 / 255)])
def test_flat_pictures_keep_their_level(level: int, tone: float) -> None:
    assert tone_of(np.full((20, 30, 3), level, np.uint8)) == pytest.approx(tone, abs=1e-5)


def test_one_pixel() -> None:
    tone = tone_of(np.array([[[10, 20, 30]]], np.uint8))
    assert tone.shape == (1, 1)
    assert 0.9 < tone[0, 0] < 1.0
    assert fit(tone, 1, 1).shape == (16, 8)


@pytest.mark.parametrize(
    ("width", "height", "columns", "rows"),
    [
        (512, 512, 64, 32),
        (1024, 512, 64, 16),
        (512, 1024, 64, 64),
        (100, 75, 80, 30),
        (10_000, 8, 64, 1),  # never no row at all
    ],
)
def test_rows_keep_the_aspect(width: int, height: int, columns: int, rows: int) -> None:
    assert rows_for(width, height, columns) == rows


def test_rows_stay_under_the_limit_of_cells() -> None:
    rows = rows_for(8, 100_000, limits.MAX_COLUMNS)
    assert rows * limits.MAX_COLUMNS <= limits.MAX_CELLS


@pytest.mark.parametrize("shape", [(1, 1), (3, 1000), (1000, 3), (512, 512), (517, 389)])
def test_fit_gives_the_grid_exactly_and_stays_in_range(shape: tuple[int, int]) -> None:
    tone = np.random.default_rng(0).integers(0, 2, shape).astype(np.float32)  # Lanczos rings on this
    fitted = fit(tone, 13, 7)
    assert fitted.shape == (7 * 16, 13 * 8)
    assert fitted.dtype == np.float32
    assert fitted.min() >= 0.0
    assert fitted.max() <= 1.0


def test_fit_leaves_a_fitting_tone_alone() -> None:
    tone = np.random.default_rng(0).random((32, 16), np.float32)
    assert np.array_equal(fit(tone, 2, 2), tone)
