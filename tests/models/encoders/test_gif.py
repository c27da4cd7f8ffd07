"""GIFs read back: the very pixels of their pages, their times, and as many bytes as were allowed."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from models.atlas import PRINTABLE, default_atlas
from models.encoders.gif import LEVELS, animated_gif
from models.encoders.png import paint
from models.page import Grid, Page, page_of
from models.palettes import PALETTES, PAPER, Background, row_inks

ATLAS = default_atlas()


def page(
    seed: int, palette: str = "pink", rows: int = 6, columns: int = 20, background: Background = "light"
) -> Page:
    rng = np.random.default_rng(seed)
    return page_of(Grid(rng.integers(0, 95, (rows, columns)), ATLAS), palette, background)


def solid(palette: str, rows: int, background: Background = "light") -> Page:
    """A page of freely drawn ink, every pixel covered: nothing but the inks themselves."""
    grid = Grid(np.full((rows, 4), 1), ATLAS, np.ones((rows * 16, 32), np.float32))
    return page_of(grid, palette, background)


def frames(data: bytes) -> list[tuple[np.ndarray, int]]:
    """Each frame's pixels as a viewer shows them, and its milliseconds."""
    found = []
    with Image.open(io.BytesIO(data)) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            found.append((np.asarray(image.convert("RGB")), int(image.info.get("duration", 0))))
    return found


def made(pages: Sequence[Page], times: Sequence[int], plays: int = 0, most: int | None = None) -> bytes:
    gif = animated_gif(pages, times, plays, most)
    assert gif is not None
    return gif.data


@pytest.mark.parametrize("background", ["light", "dark"])
@pytest.mark.parametrize("palette", ["blue", "pink", "mono", "#123456-#abcdef"])
def test_every_row_has_exactly_its_ink(palette: str, background: Background) -> None:
    from models.palettes import find_palette  # noqa: PLC0415

    for rows in (1, 13, 40, 100):
        (pixels, _), *_ = frames(
            made([solid(palette, rows, background), page(1, palette, rows, 4, background)], [50, 50])
        )
        assert (pixels[::16, 0] == row_inks(find_palette(palette), rows, background)).all(), rows
        assert (pixels[15::16, 31] == pixels[::16, 0]).all()


def test_a_glyphs_edge_is_a_mix_of_its_ink_and_the_paper() -> None:
    grid = Grid(np.full((2, 4), PRINTABLE.index("@")), ATLAS)
    (pixels, _), *_ = frames(made([page_of(grid, "green"), page(1, "green", 2, 4)], [50, 50]))
    (ink,) = np.unique(row_inks(PALETTES["green"], 2, "light"), axis=0)
    paper = np.array(PAPER["light"], float)
    share = grid.coverage()[..., None]
    assert np.abs(pixels - (paper + (ink - paper) * share)).max() <= 0.5 * 255 / LEVELS[0] + 1


def test_frames_come_back_as_they_went_in() -> None:
    """Partial frames, and pixels left as before, must add up to each whole page."""
    pages = [page(0)]
    for seed in range(1, 6):
        glyphs = pages[-1].grid.glyphs.copy()
        glyphs[seed % 6, seed : seed + 4] = seed
        pages.append(page_of(Grid(glyphs, ATLAS), "pink"))
    pages.append(page(99))
    whole = [frames(made([one, page(50)], [50, 50]))[0][0] for one in pages]
    together = frames(made(pages, [50] * len(pages)))
    assert len(together) == len(pages)
    for (pixels, _), alone in zip(together, whole, strict=True):
        assert (pixels == alone).all()


def test_times_do_not_drift() -> None:
    pages = [page(seed) for seed in range(30)]
    times = [duration for _, duration in frames(made(pages, [33] * 30))]
    assert sum(times) == 990 and set(times) == {30, 40}
    assert [duration for _, duration in frames(made(pages[:3], [70, 500, 120]))] == [70, 500, 120]


@pytest.mark.parametrize("ms", [11, 12, 16, 17, 19])
def test_what_is_faster_than_a_gif_loses_frames_and_no_time(ms: int) -> None:
    times = [duration for _, duration in frames(made([page(seed) for seed in range(30)], [ms] * 30))]
    assert min(times) == 20 and sum(times) == pytest.approx(30 * ms, abs=15)


def test_equal_frames_become_one_that_lasts_longer() -> None:
    found = frames(made([page(0), page(0), page(1), page(1), page(1)], [50, 60, 70, 80, 90]))
    assert [duration for _, duration in found] == [110, 240]


def test_an_animation_in_which_nothing_happens() -> None:
    assert [duration for _, duration in frames(made([page(0)] * 4, [50] * 4))] == [200]


@pytest.mark.parametrize(("plays", "loop"), [(0, 0), (1, None), (2, 1), (5, 4)])
def test_it_repeats_as_often_as_asked(plays: int, loop: int | None) -> None:
    with Image.open(io.BytesIO(made([page(0), page(1)], [50, 50], plays))) as image:
        assert image.info.get("loop") == loop


def test_many_inks_are_mixed_to_nearby_ones() -> None:
    """The photo's own colours: each cell another."""
    rng = np.random.default_rng(0)
    pages = []
    for seed in range(3):
        grid = Grid(np.full((20, 30), 1), ATLAS, np.ones((320, 240), np.float32))
        photo = np.clip(np.linspace(0, 120, 30)[None, :, None] + rng.normal(0, 4, (20, 30, 3)), 0, 255)
        pages.append(page_of(grid, "photo", "light", (photo + seed * 20).astype(np.uint8)))
    for (pixels, _), one in zip(frames(made(pages, [50] * 3)), pages, strict=True):
        far = np.abs(pixels[::16, ::8].astype(int) - one.inks).mean()
        assert far < 10


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_shaded_ink_stays_as_pale_as_it_is_painted(paper: Background) -> None:
    rng = np.random.default_rng(0)
    strength = np.linspace(0.4, 1, 600, dtype=np.float32).reshape(20, 30)
    grid = Grid(rng.integers(1, 95, (20, 30)), ATLAS, None, strength)
    one = page_of(grid, "photo", paper, rng.integers(0, 256, (20, 30, 3), np.uint8))
    ((pixels, _), *_) = frames(made([one, one], [50, 50]))
    assert abs(pixels.mean() - np.asarray(paint(one), float).mean()) < 3


def test_colours_go_first_and_frames_last() -> None:
    pages = [page(seed) for seed in range(12)]
    best = animated_gif(pages, [50] * 12, 0)
    assert best is not None and (best.levels, best.every) == (LEVELS[0], 1)
    limit, seen = len(best.data), [(best.levels, best.every)]
    while (smaller := animated_gif(pages, [50] * 12, 0, limit - 1)) is not None:
        assert len(smaller.data) < limit
        assert sum(duration for _, duration in frames(smaller.data)) == 600
        limit = len(smaller.data)
        seen.append((smaller.levels, smaller.every))
    assert seen == [(15, 1), (7, 1), (3, 1), (1, 1), (1, 2), (1, 4), (1, 8), (1, 16)]


def test_the_limit_is_met_to_the_byte() -> None:
    pages = [page(seed) for seed in range(4)]
    exact = len(made(pages, [50] * 4))
    assert len(made(pages, [50] * 4, most=exact)) == exact
    assert len(made(pages, [50] * 4, most=exact - 1)) < exact


def test_nothing_fits_next_to_nothing() -> None:
    assert animated_gif([page(0), page(1)], [50, 50], 0, 500) is None
