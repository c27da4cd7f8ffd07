"""Each rule on arrays is the rule on tensors: pages that a processor draws are those that training has seen."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from models import blur as tensors_blur
from models import similarity as tensors_similarity
from models.arrays import areas, focus, measures, planes, refinement
from models.atlas import default_atlas
from models.baselines import local_search, per_cell
from models.nn import focus as tensors_focus
from models.quality import measures as tensors_measures
from tests.models.pictures import scene

ATLAS = default_atlas()
INK = torch.from_numpy(ATLAS.ink)
TONE = np.stack([scene(304, 240, seed) for seed in (1, 2)])


def tensor(array: np.ndarray) -> torch.Tensor:
    """(B, H, W) as (B, 1, H, W)."""
    return torch.from_numpy(array)[:, None]


def close(ours: np.ndarray, theirs: torch.Tensor, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(ours, theirs.reshape(ours.shape).numpy(), atol=atol)


def subjects() -> np.ndarray:
    """Discs with soft edges, of sizes of which some count as a subject."""
    line = np.linspace(-1, 1, 64, dtype=np.float32)
    distance = np.sqrt(line[:, None] ** 2 + line**2)
    return np.stack([1 / (1 + np.exp((distance - size) * 8)) for size in (0.5, 0.7)]).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.5, 1.5, 8.0])
@pytest.mark.parametrize("size", [(7, 5), (33, 64)])
def test_blur_and_slopes(sigma: float, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((3, *size), np.float32)
    close(planes.blur(image, sigma), tensors_blur.blur(tensor(image), sigma))
    for ours, theirs in zip(planes.slopes(image, sigma), tensors_blur.slopes(tensor(image), sigma), strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("size", [(64, 64), (17, 90), (240, 304), (400, 333)])
def test_sizes(size: tuple[int, int]) -> None:
    close(planes.shrunk(TONE, *size), F.adaptive_avg_pool2d(tensor(TONE), size))
    close(planes.enlarged(TONE, *size), F.interpolate(tensor(TONE), size, mode="bilinear"), 1e-4)
    close(planes.block_means(TONE, 16, 8), F.avg_pool2d(tensor(TONE), (16, 8)))


def test_a_subjects_map_follows_the_tone() -> None:
    close(focus.refined(subjects(), TONE), tensors_focus.refined(tensor(subjects()), tensor(TONE)), 1e-4)


@pytest.mark.parametrize("amounts", [(0.0, 0.0), (0.3, 1.0), (0.0, 0.6)])
def test_focus(amounts: tuple[float, float]) -> None:
    wanted = np.array(amounts, np.float32)
    maps = subjects()
    shown = tensors_focus.compose(tensor(TONE), tensor(maps), torch.from_numpy(wanted))
    close(focus.compose(TONE, maps, wanted), shown, 1e-4)
    nothing = np.zeros_like(maps)
    assert np.array_equal(focus.compose(TONE, nothing, wanted), TONE)


@pytest.mark.parametrize("sweeps", [1, 2])
def test_refinement(sweeps: int) -> None:
    tone = TONE[0]
    start = per_cell.search(tensor(TONE[:1]), INK)
    expected = local_search.refine(tensor(TONE[:1]), start, INK, sweeps)[0].numpy()
    found = refinement.refine(tone, start[0].numpy(), ATLAS, sweeps)
    assert (found != start[0].numpy()).mean() > 0.1
    assert (found == expected).mean() > 0.998  # sums in another order: of two glyphs as good, either may win


def test_an_even_area() -> None:
    for tone in np.linspace(0, 1, 41, dtype=np.float32):
        page = torch.full((1, 1, 16, 8), float(tone))
        assert areas.calm_glyph(float(tone), ATLAS.ink) == int(per_cell.shade(page, INK))


def test_measures_of_a_page() -> None:
    glyphs = per_cell.search(tensor(TONE[:1]), INK)
    print_ = per_cell.paint_ink(glyphs, INK)
    page = print_[0, 0].numpy()
    expected = float(tensors_similarity.similarity(print_, tensor(TONE[:1]), 4.0))
    assert measures.similarity(page, TONE[0], 4.0) == pytest.approx(expected, abs=1e-4)
    assert measures.legibility(page, ATLAS.ink) == pytest.approx(tensors_measures.legibility(print_, INK), abs=1e-4)
    assert measures.legibility(np.zeros_like(page), ATLAS.ink) == 0
    many, _ = tensors_similarity.effective_glyphs(glyphs)
    assert measures.effective_glyphs(glyphs[0].numpy()) == pytest.approx(many, rel=1e-4)
    assert measures.effective_glyphs(np.zeros((3, 3), np.int64)) == 0
