"""The teachers choose well, and the climber's promises hold against the true measure."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from models import teachers
from models.atlas import default_atlas
from models.fidelity import effective_glyphs, fidelity
from models.metrics import edge_similarity, edges
from models.picture import decode
from models.teachers import (
    cells_of,
    climb,
    join_cells,
    paint_ink,
    ramp,
    search,
    search_varied,
    sharpen,
    strokes,
    trace,
)
from models.tone import fit, tone_of
from tests.models.pictures import SAMPLES, scene

INK = torch.from_numpy(default_atlas().ink)


def score(glyphs: Tensor, tone: Tensor) -> float:
    return fidelity(paint_ink(glyphs, INK), tone).item()


def sample(path: Path, columns: int = 40, rows: int = 20) -> Tensor:
    return torch.from_numpy(fit(tone_of(decode(path.read_bytes())), columns, rows))[None, None]


def test_cells_come_together_as_they_were_cut() -> None:
    image = torch.rand(2, 1, 5 * 16, 7 * 8)
    cells = cells_of(image)
    assert cells.shape == (2, 5, 7, 128)
    assert torch.equal(join_cells(cells.view(2, 5, 7, 16, 8)), image)
    assert torch.equal(cells_of(join_cells(cells.view(2, 5, 7, 16, 8))), cells)


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_ink_is_painted_where_it_belongs(shrink: int) -> None:
    ink = torch.nn.functional.avg_pool2d(INK[:, None], shrink)[:, 0]
    height, width = ink.shape[1:]
    glyphs = torch.randint(0, 95, (2, 5, 7))
    page = paint_ink(glyphs, ink)
    assert page.shape == (2, 1, 5 * height, 7 * width)
    for picture, row, column in ((0, 0, 0), (1, 4, 6), (1, 2, 3), (0, 4, 0)):
        cell = page[picture, 0, row * height : (row + 1) * height, column * width : (column + 1) * width]
        assert torch.equal(cell, ink[glyphs[picture, row, column]])


def test_the_ramp_takes_the_mean_tone_of_a_cell_to_a_power() -> None:
    charset = default_atlas().charset
    tone = torch.zeros(1, 1, 32, 16)
    tone[..., :16, 8:] = 1.0
    tone[..., 16:24, :8] = 1.0  # half a cell: mean 0.5
    tone[..., 16:, 8:] = 0.75
    read = ["".join(charset[glyph] for glyph in row) for row in ramp(tone, charset)[0]]
    assert read == [" #", ":s"]  # 12 · 0.25 = 3, 12 · 0.5625 = 6.75
    read = ["".join(charset[glyph] for glyph in row) for row in ramp(tone, charset, 1.0)[0]]
    assert read == [" #", "s9"]  # 12 · 0.5, 12 · 0.75


def test_the_variety_prior_spreads_the_shares_and_keeps_most_of_the_fidelity() -> None:
    for path in SAMPLES:
        tone = sample(path)
        plain, varied = search(sharpen(tone), INK), search_varied(sharpen(tone), INK)
        assert effective_glyphs(varied)[0] > 1.2 * effective_glyphs(plain)[0]
        assert effective_glyphs(varied)[1] < effective_glyphs(plain)[1]
        assert score(varied, tone) > 0.9 * score(plain, tone)
    assert torch.equal(search_varied(tone, INK, rounds=0), search(tone, INK))


def test_search_finds_the_glyph_that_is_already_there() -> None:
    """A page painted with the atlas is its own best answer, in single cells on blank paper."""
    for glyph in range(1, 95):
        page = torch.zeros(1, 1, 3, dtype=torch.int64)
        page[0, 0, 1] = glyph
        wanted = paint_ink(page, INK) / (0.95 * INK.mean((1, 2)).max())
        assert search(wanted, INK)[0, 0, 1] == glyph


def test_search_leaves_white_blank_and_fills_black() -> None:
    assert search(torch.zeros(1, 1, 32, 32), INK).max() == 0
    dense = search(torch.ones(1, 1, 64, 64), INK)
    assert INK[dense].mean() > 0.85 * INK.mean((1, 2)).max()


def test_sharpen_leaves_flat_tone_and_steepens_edges() -> None:
    assert sharpen(torch.full((1, 1, 64, 64), 0.4)).sub(0.4).abs().max() < 1e-5
    step = torch.full((1, 1, 64, 64), 0.4)
    step[..., 32:] = 0.6
    sharp = sharpen(step)
    assert sharp[..., 28].mean() < 0.4
    assert sharp[..., 36].mean() > 0.6
    assert 0.0 <= sharp.min() <= sharp.max() <= 1.0


def test_strokes_lie_on_the_edge_whichever_side_is_dark_and_flat_tone_has_none() -> None:
    step = torch.zeros(1, 1, 96, 96)
    step[..., 48:] = 1.0
    for tone in (step, 1.0 - step, step.transpose(2, 3)):
        drawn = strokes(tone)[0, 0]
        across = drawn[48] if drawn[48, 20] == 0 else drawn[:, 48]
        assert across[[47, 48]].min() > 0.6
        assert across[:40].max() == across[56:].max() == 0
    assert strokes(torch.full((1, 1, 64, 64), 0.3)).max() == 0
    shading = torch.linspace(0.2, 0.8, 96).expand(1, 1, 96, 96)
    assert strokes(shading)[..., 16:-16, 16:-16].max() < 0.05


def test_a_traced_edge_is_set_in_characters_of_its_direction() -> None:
    charset, page = default_atlas().charset, torch.zeros(1, 1, 8 * 16, 16 * 8)
    upright = page.clone()
    upright[..., 68:] = 1.0  # in the middle of a column of cells
    glyphs, costs = trace(upright, INK)
    assert {charset[glyph] for glyph in glyphs[0, 2:-2, 8]} <= set("|!l1I[](){}ijJ")
    assert (glyphs[0, :, [0, 1, 2, 3, 13, 14, 15]] == 0).all()
    assert torch.equal(costs.argmin(-1), glyphs)
    level = page.clone()
    level[..., 72:, :] = 1.0
    glyphs, _ = trace(level, INK)
    assert {charset[glyph] for glyph in glyphs[0, 4, 2:-2]} <= set("-~=+*^")
    assert (glyphs[0, [0, 1, 6, 7]] == 0).all()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_tracing_keeps_more_of_the_edges_than_tone_does_and_leaves_most_paper_blank(path: Path) -> None:
    tone = sample(path, 64, 32)
    traced, wanted = trace(tone, INK)[0], edges(tone)
    kept = edge_similarity(paint_ink(traced, INK), wanted)
    assert kept > 1.2 * edge_similarity(paint_ink(search(sharpen(tone), INK), INK), wanted)
    assert (traced == 0).float().mean() > 0.4


def test_climb_improves_the_true_fidelity_of_a_synthetic_picture() -> None:
    torch.manual_seed(0)
    tone = torch.from_numpy(scene(256, 256))[None, None]
    start = search(sharpen(tone), INK)
    better, _ = climb(tone, start, INK, 4)
    assert score(better, tone) > score(start, tone) + 0.02


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_climb_improves_real_photos_without_losing_variety(path: Path) -> None:
    torch.manual_seed(0)
    tone = sample(path)
    start = search(sharpen(tone), INK)
    better, _ = climb(tone, start, INK, 4)
    assert score(better, tone) > score(start, tone) + 0.01
    assert effective_glyphs(better)[0] > effective_glyphs(start)[0]


def test_climb_leaves_its_start_alone_and_repeats_with_the_same_seed() -> None:
    tone = torch.from_numpy(scene(128, 128))[None, None]
    start = search(tone, INK)
    kept = start.clone()
    pages = [climb(tone, start, INK, 2, generator=torch.Generator().manual_seed(3))[0] for _ in range(2)]
    assert torch.equal(start, kept)
    assert torch.equal(pages[0], pages[1])
    assert not torch.equal(pages[0], start)


def test_the_standing_glyph_costs_nothing() -> None:
    tone = torch.from_numpy(scene(128, 128))[None, None]
    glyphs, costs = climb(tone, search(tone, INK), INK, 1)
    assert costs.shape == (1, 8, 16, 95)
    assert costs.gather(-1, glyphs[..., None]).abs().max() < 1e-3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_swaps_that_are_praised_help_and_those_warned_of_hurt(path: Path) -> None:
    """Make them one by one, each in another cell, and measure what becomes of the true fidelity.

    The costs are a model of the change, so not every single one holds; the sum must.
    """
    tone = sample(path)
    page = search(sharpen(tone), INK)
    _, costs = climb(tone, page, INK, 0, variety=0.0)
    cells = torch.arange(0, page.numel(), 29)
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
        return climb(tone, page, INK, 0, variety=0.0)[1][0, 4, 13, 0].item()

    dark, middle = blanked(0.9), blanked(0.5)
    monkeypatch.setattr(teachers, "DARK_WEIGHT", teachers.MIDDLE_WEIGHT)
    assert dark - blanked(0.9) > 10 * (middle - blanked(0.5)) > 0


def test_sameness_costs_more_where_a_glyph_is_common() -> None:
    tone = torch.full((1, 1, 128, 128), 0.5)
    page = torch.full((1, 8, 16), 40)
    alike = effective_glyphs(climb(tone, page, INK, 3, variety=0.0)[0])[1]
    varied = effective_glyphs(climb(tone, page, INK, 3, variety=2.0)[0])[1]
    assert varied < alike
