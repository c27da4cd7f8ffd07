"""Steadiness and its measure, on pages small enough to count by hand."""

import numpy as np
import pytest

from models.rendering.temporal_smoothing import MARGIN, STILL, TemporalSmoothing, blocks, flicker


def tones(*levels: float, rows: int = 1, columns: int = 2) -> np.ndarray:
    """A frame of one tone for each level."""
    return np.stack([np.full((rows * 16, columns * 8), level, np.float32) for level in levels])


def scores(*favourites: tuple[float, float]) -> np.ndarray:
    """For each frame the scores of two glyphs, in both cells of a page."""
    return np.array([[[pair, pair]] for pair in favourites], np.float32)


def test_blocks_are_the_means_of_each_cells_quarters_and_halves() -> None:
    frame = np.zeros((1, 32, 24), np.float32)
    frame[0, 16:20, 8:12] = 1.0  # the first block of the cell in row 1, column 1
    frame[0, 28:32, 20:24] = 0.5  # the last block of the cell in row 1, column 2
    found = blocks(frame)
    assert found.shape == (1, 2, 3, 8)
    assert found[0, 1, 1].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert found[0, 1, 2].tolist() == [0, 0, 0, 0, 0, 0, 0, 0.5]
    assert not found[0, 0].any()


def test_flicker_counts_changes_in_still_cells_alone() -> None:
    moving = tones(0.5, 0.5, 0.5)
    moving[2, :, 8:] = 0.9  # the second cell changes its tone before the last frame
    glyphs = np.array([[[1, 1]], [[1, 2]], [[3, 4]]])
    # Still: both cells, then the first. Changed among those: one of two, then one of one.
    assert flicker(moving, glyphs) == pytest.approx(100 * 2 / 3)
    assert flicker(moving, np.zeros_like(glyphs)) == 0


def test_flicker_of_what_is_never_still() -> None:
    assert flicker(tones(0.0, 1.0, 0.0), np.array([[[1, 1]], [[2, 2]], [[1, 1]]])) == 0


def test_a_slightly_better_glyph_does_not_oust_one_that_stands() -> None:
    glyphs, *_ = TemporalSmoothing().follow(scores((1, 0), (0, MARGIN - 0.1)), tones(0.5, 0.5))
    assert glyphs.flatten().tolist() == [0, 0, 0, 0]


def test_a_clearly_better_glyph_does() -> None:
    glyphs, *_ = TemporalSmoothing().follow(scores((1, 0), (0, MARGIN + 0.1)), tones(0.5, 0.5))
    assert glyphs.flatten().tolist() == [0, 0, 1, 1]


def test_a_cell_that_changes_takes_the_best_at_once() -> None:
    frames = tones(0.5, 0.5)
    frames[1, :, 8:] += STILL + 0.01
    glyphs, *_ = TemporalSmoothing().follow(scores((1, 0), (0, 0.1)), frames)
    assert glyphs.flatten().tolist() == [0, 0, 0, 1]


def test_noise_that_averages_out_is_still() -> None:
    rng = np.random.default_rng(0)
    noisy = (0.5 + rng.normal(0, 0.02, (2, 16, 16))).astype(np.float32)
    glyphs, *_ = TemporalSmoothing().follow(scores((1, 0), (0, 0.1)), noisy)
    assert glyphs.flatten().tolist() == [0, 0, 0, 0]


def test_it_remembers_from_batch_to_batch() -> None:
    together, *_ = TemporalSmoothing().follow(scores((1, 0), (0, 1), (0, 5), (1, 0)), tones(0.5, 0.5, 0.5, 0.5))
    hold = TemporalSmoothing()
    first, *_ = hold.follow(scores((1, 0), (0, 1)), tones(0.5, 0.5))
    second, *_ = hold.follow(scores((0, 5), (1, 0)), tones(0.5, 0.5))
    assert np.array_equal(together, np.concatenate((first, second)))
    assert together[:, 0, 0].tolist() == [0, 0, 1, 1]


def test_free_ink_stays_where_its_glyph_stays() -> None:
    ink = np.stack([np.full((1, 2, 16, 8), level, np.float32) for level in (0.1, 0.9)])
    frames = tones(0.5, 0.5)
    frames[1, :, 8:] = 0.9
    _, held, _ = TemporalSmoothing().follow(scores((1, 0), (0, 0.1)), frames, ink.copy())
    assert held is not None
    assert np.array_equal(held[1, 0, 0], ink[0, 0, 0]) and np.array_equal(held[1, 0, 1], ink[1, 0, 1])


def test_inks_strength_stays_where_its_glyph_stays() -> None:
    strength = np.stack([np.full((1, 2), level, np.float32) for level in (0.4, 0.8)])
    frames = tones(0.5, 0.5)
    frames[1, :, 8:] = 0.9
    _, ink, held = TemporalSmoothing().follow(scores((1, 0), (0, 0.1)), frames, None, strength.copy())
    assert ink is None and held is not None
    np.testing.assert_allclose(held.flatten(), [0.4, 0.4, 0.4, 0.8])
