"""The climber's promises hold against the true measure."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models import climber
from models.atlas import default_atlas
from models.climber import climb, proof
from models.fidelity import C1, C2, blur, effective_glyphs, fidelity
from models.picture import decode
from models.renderer import Renderer, find_weights
from models.teachers import cells_of, paint_ink, search, sharpen
from models.tone import fit, tone_of
from tests.models.pictures import SAMPLES, scene
from tests.models.tones import INK, sample, score


def test_climb_improves_the_true_fidelity_of_a_synthetic_picture() -> None:
    tone = torch.from_numpy(scene(256, 256))[None, None]
    start = search(sharpen(tone), INK)
    better, _ = climb(tone, start, INK, 4)
    assert score(better, tone) > score(start, tone) + 0.02


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_climb_improves_real_photos_without_losing_variety(path: Path) -> None:
    tone = sample(path)
    start = search(sharpen(tone), INK)
    better, _ = climb(tone, start, INK, 4)
    assert score(better, tone) > score(start, tone) + 0.01
    assert effective_glyphs(better)[0] > effective_glyphs(start)[0]


def test_climb_leaves_its_start_alone_and_repeats() -> None:
    tone = torch.from_numpy(scene(128, 128))[None, None]
    start = search(tone, INK)
    kept = start.clone()
    pages = [climb(tone, start, INK, 2)[0] for _ in range(2)]
    assert torch.equal(start, kept)
    assert torch.equal(pages[0], pages[1])
    assert not torch.equal(pages[0], start)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 9), (7, 1), (3, 5)])
def test_pages_of_odd_sides_are_climbed_and_proofread(rows: int, columns: int) -> None:
    tone = torch.from_numpy(scene(columns * 8, rows * 16))[None, None]
    start = search(sharpen(tone), INK)
    page, costs = climb(tone, start, INK, 2)
    assert page.shape == (1, rows, columns) and costs.shape == (1, rows, columns, 95)
    assert torch.isfinite(costs).all()
    assert proof(tone, start, INK, 1, 0.5).shape == (1, rows, columns)


def test_the_written_out_slope_is_that_of_the_loss() -> None:
    """Against PyTorch's own: a glyph that differs by next to nothing costs its slope alone."""
    torch.manual_seed(0)
    tone, page = torch.from_numpy(scene(128, 96))[None, None], torch.randint(1, 40, (1, 6, 16))
    faint = 1e-4 * torch.rand(16, 8)
    book = torch.cat((INK[:40], INK[:40] + faint))
    costs = climb(tone, page, book, 0, variety=0.0)[1]
    ink = F.avg_pool2d(paint_ink(page, INK), 2).requires_grad_()
    seen, wanted = blur(ink, 2.0), blur(F.avg_pool2d(tone, 2), 2.0)
    level = seen.detach().mean()
    slope = ((seen.detach() - level) * wanted).mean() / ((seen.detach() - level) ** 2).mean()
    shown = slope * (seen - level) + wanted.mean()
    mean, theirs = blur(shown, 1.5), blur(wanted, 1.5)
    variance = blur(shown**2, 1.5) - mean**2 + blur(wanted**2, 1.5) - theirs**2 + C2
    structure = (2 * (blur(shown * wanted, 1.5) - mean * theirs) + C2) / variance
    luminance = ((2 * mean * theirs + C1) / (mean**2 + theirs**2 + C1)).detach()
    far = blur(wanted, 3.5)
    weight = 0.25 + 7.75 * torch.sigmoid((far - 0.65) / 0.05)
    loss = (luminance * (1 - structure)).sum() + (weight * (blur(shown, 3.5) - far) ** 2).sum()
    (by_pixel,) = torch.autograd.grad(loss, ink)
    change = cells_of(by_pixel, 8, 4) @ F.avg_pool2d(faint[None, None], 2).flatten() / 4
    found = costs.gather(-1, (page + 40)[..., None])[..., 0]
    assert change.abs().max() > 1e-4
    assert torch.allclose(found, change, rtol=0.02, atol=0.02 * float(change.abs().max()))


def test_rare_glyphs_are_not_strewn_over_white_paper() -> None:
    """Beside grey that stays blank, white is shown too dark already: similarity has little against ink there."""
    tone = torch.full((1, 1, 256, 384), 0.4)
    tone[..., :128], tone[..., 256:] = torch.from_numpy(scene(128, 256)), 0.0
    page = torch.where(torch.arange(48) < 16, search(sharpen(tone), INK), 0)
    mended = proof(tone, page, INK, 2, 2.0)
    assert (mended[..., :16] != page[..., :16]).any()
    assert (mended[..., 36:] == 0).all()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_a_proof_mends_what_the_generator_said(path: Path) -> None:
    renderer, tone = Renderer(find_weights("classic", None)), fit(tone_of(decode(path.read_bytes())), 64, 32)
    pages = [renderer.grid(tone, 64, proofread=wanted) for wanted in (False, True)]
    said, mended = (torch.from_numpy(page.glyphs)[None] for page in pages)
    assert 0.02 < (said != mended).float().mean() < 0.35
    shown = torch.from_numpy(tone)[None, None]
    assert score(mended, shown) > score(said, shown) + 0.003
    assert effective_glyphs(mended)[0] > 0.9 * effective_glyphs(said)[0]


def test_the_standing_glyph_costs_nothing() -> None:
    tone = torch.from_numpy(scene(128, 128))[None, None]
    glyphs, costs = climb(tone, search(tone, INK), INK, 1)
    assert costs.shape == (1, 8, 16, 95)
    assert costs.gather(-1, glyphs[..., None]).abs().max() < 1e-3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_swaps_that_are_praised_help_and_those_warned_of_hurt(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make them one by one, each in another cell, and measure what becomes of the true fidelity.

    The costs are a model of the change, so not every single one holds; the sum must. The far tone is left out of
    them, as fidelity does not see it.
    """
    monkeypatch.setattr(climber, "DARK_WEIGHT", 0.0)
    monkeypatch.setattr(climber, "LIGHT_WEIGHT", 0.0)
    tone = sample(path)
    page = search(sharpen(tone), INK)
    _, costs = climb(tone, page, INK, 0, variety=0.0)
    cells = torch.arange(0, page.numel(), 13)
    before = score(page, tone)

    def gains(glyphs: Tensor) -> Tensor:
        pages = page.flatten(1).repeat(len(cells), 1)
        pages[torch.arange(len(cells)), cells] = glyphs
        prints = paint_ink(pages.view(-1, *page.shape[1:]), INK)
        return fidelity(prints, tone.expand(len(cells), -1, -1, -1)) - before

    cost, praised = costs[0].flatten(0, 1)[cells].min(-1)
    helped = gains(praised)[cost < -1e-3]
    assert helped.sum() > 0
    assert (helped > 0).float().mean() > 0.5
    hurt = gains(costs[0].flatten(0, 1)[cells].max(-1).indices)
    assert (hurt < 0).float().mean() > 0.9


def test_the_far_tone_counts_where_it_is_dark(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it costs to blank a cell of an even, inked half, beside a half of white paper."""
    page = torch.zeros(1, 8, 16, dtype=torch.long)
    page[..., 8:] = default_atlas().charset.index("]")

    def blanked(darkness: float) -> float:
        tone = torch.zeros(1, 1, 128, 128)
        tone[..., 64:] = darkness
        cost: float = climb(tone, page, INK, 0, variety=0.0)[1][0, 4, 13, 0].item()
        return cost

    dark, middle = blanked(0.9), blanked(0.5)
    monkeypatch.setattr(climber, "DARK_WEIGHT", climber.LIGHT_WEIGHT)
    assert dark - blanked(0.9) > 10 * (middle - blanked(0.5)) > 0


def test_sameness_costs_more_where_a_glyph_is_common() -> None:
    tone = torch.full((1, 1, 128, 128), 0.5)
    page = torch.full((1, 8, 16), 40)
    alike = effective_glyphs(climb(tone, page, INK, 3, variety=0.0)[0])[1]
    varied = effective_glyphs(climb(tone, page, INK, 3, variety=2.0)[0])[1]
    assert varied < alike
