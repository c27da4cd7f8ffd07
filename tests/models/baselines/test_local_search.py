"""Local search does what it should, by a loss that is written out here and by what a reader would see."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models.arrays.refinement import DISTANCES, EQUAL, NEIGHBOURS, PATTERN_PENALTY, REPEAT_BONUS
from models.atlas import densest
from models.baselines.local_search import local_search, refine
from models.baselines.per_cell import paint_ink, patterns, search, shade
from models.blur import blur
from models.quality.measures import shares_at_the_sides
from models.rendering.renderer import Renderer, full_ink
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of
from models.similarity import similarity
from models.weights_file import find_weights, load_weights
from tests.models.pictures import SAMPLES, scene
from tests.models.tones import INK, level, sample

PENALTIES = PATTERN_PENALTY * patterns(INK)
_PLACES = ((4, 8), (6, 18), (0, 95))
"""Rows, columns and glyphs to try, of a page of 12 × 24."""


def error(page: Tensor, tone: Tensor) -> float:
    """How far a page of one picture is from its tone, seen from all distances at once."""
    missed = paint_ink(page, INK) - densest(INK) * tone
    seen = [
        weight * shrink**2 / 4 * blur(F.avg_pool2d(missed, shrink), sigma / shrink).double().square().sum()
        for sigma, weight, shrink in DISTANCES
    ]
    return float(torch.stack(seen).sum())


def bonuses(page: Tensor, tone: Tensor, row: int, column: int) -> Tensor:
    """What each glyph's neighbours take off its cost in an inner cell, (95,)."""
    mean, found = F.avg_pool2d(tone, (16, 8))[0, 0], torch.zeros(len(INK))
    for down, across in NEIGHBOURS:
        there = row + down, column + across
        found[page[0][there]] += REPEAT_BONUS * torch.exp(-(((mean[there] - mean[row, column]) / EQUAL) ** 2))
    return found


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_a_cost_is_the_change_of_the_loss(path: Path) -> None:
    """One glyph is exchanged for another, and the loss, written out, taken anew."""
    tone = sample(path, 24, 12)
    page = search(tone, INK)
    costs = local_search(tone, page, INK, 0)[1][0]
    before, chance, changes = error(page, tone), torch.Generator().manual_seed(0), []
    for _ in range(60):
        # As far from the edges as the blurs reach: beyond those the searched page goes on, and this one does not.
        row, column, glyph = (int(torch.randint(*ends, (), generator=chance)) for ends in _PLACES)
        swapped, standing = page.clone(), int(page[0, row, column])
        swapped[0, row, column] = glyph
        bonus = bonuses(page, tone, row, column)
        penalty = (PENALTIES[glyph] - bonus[glyph]) - (PENALTIES[standing] - bonus[standing])
        changes.append((error(swapped, tone) - before + float(penalty), float(costs[row, column, glyph])))
    true, told = torch.tensor(changes).T
    assert true.max() > 1
    assert (true - told).abs().max() < 0.02 * true.max()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_it_brings_a_page_nearer_to_its_tone_from_every_distance(path: Path) -> None:
    tone = sample(path)
    for rule, less in ((shade, 0.9), (search, 0.8)):
        start = rule(tone, INK)
        page, _ = local_search(tone, start, INK, 4)
        assert error(page, tone) < less * error(start, tone)
        prints = (paint_ink(glyphs, INK) / densest(INK) for glyphs in (start, page))
        worse, better = ([float(similarity(ink, tone, sigma)) for sigma in (4.0, 8.0)] for ink in prints)
        assert better[0] > worse[0] + 0.01
        assert better[1] > worse[1] + 0.005


def test_in_the_end_no_swap_is_worth_making() -> None:
    """What could still be gained, by its own costs, gets less with the sweeps, in the end to nothing."""
    tone = torch.from_numpy(scene(256, 256))[None, None]
    page, left = search(tone, INK), []
    for sweeps in (0, 1, 2, 8):
        page, costs = local_search(tone, page, INK, sweeps)
        left.append(-float(costs.min(-1).values.sum()))
    assert left == sorted(left, reverse=True)
    assert left[3] < 0.001 * left[0]


def test_it_leaves_its_start_alone_and_repeats() -> None:
    tone = torch.from_numpy(scene(128, 128))[None, None]
    start = search(tone, INK)
    kept = start.clone()
    pages = [local_search(tone, start, INK, 2)[0] for _ in range(2)]
    assert torch.equal(start, kept)
    assert torch.equal(pages[0], pages[1])
    assert not torch.equal(pages[0], start)
    assert torch.equal(refine(tone, start, INK, 2), pages[0])
    assert torch.equal(refine(tone, start, INK, 0), start)


def test_the_pages_of_a_batch_do_not_hear_of_each_other() -> None:
    tones = torch.stack([torch.from_numpy(scene(128, 128, seed))[None] for seed in range(3)])
    start = search(tones, INK)
    pages, costs = local_search(tones, start, INK, 2)
    alone, of_one = local_search(tones[1:2], start[1:2], INK, 2)
    assert torch.equal(pages[1:2], alone)
    torch.testing.assert_close(costs[1:2], of_one, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 9), (7, 1), (3, 5)])
@pytest.mark.parametrize("glyphs", [95, 4])
def test_pages_of_odd_sides_and_small_charsets(rows: int, columns: int, glyphs: int) -> None:
    tone, ink = torch.from_numpy(scene(columns * 8, rows * 16))[None, None], INK[:glyphs].clone()
    start = search(tone, ink)
    page, costs = local_search(tone, start, ink, 2)
    assert page.shape == (1, rows, columns) and costs.shape == (1, rows, columns, glyphs)
    assert page.min() >= 0 and page.max() < glyphs
    assert torch.isfinite(costs).all()
    assert refine(tone, start, ink, 1).shape == (1, rows, columns)


def test_the_standing_glyph_costs_nothing() -> None:
    tone = torch.from_numpy(scene(128, 128))[None, None]
    glyphs, costs = local_search(tone, search(tone, INK), INK, 1)
    assert costs.shape == (1, 8, 16, 95)
    assert (costs.gather(-1, glyphs[..., None]) == 0).all()


def test_an_even_page_in_a_glyph_of_its_tone_is_left_as_it_is() -> None:
    """One calm texture, to its edges, though two glyphs together might be a little nearer to the tone.

    For nearly all glyphs that the rule sets an even tone in: the others are bold patterns.
    """
    means = INK.mean((1, 2)) / densest(INK)
    tones = torch.cat([level(tone / 100, 1, 1) for tone in range(101)])
    same = []
    for glyph in sorted(set(shade(tones, INK).flatten().tolist())):
        page = torch.full((1, 8, 16), glyph)
        same.append((local_search(level(float(means[glyph])), page, INK, 2)[0] == page).float().mean().item())
    assert len(same) > 8
    assert sum(share == 1 for share in same) >= 0.75 * len(same)
    assert sum(same) / len(same) > 0.85


@pytest.mark.parametrize("columns", [40, 41])
def test_there_is_no_frame(columns: int) -> None:
    """Rows of one tone each, from white to black: what stands in the outermost columns stands between them, too."""
    tone = torch.linspace(0, 1, 48 * 16)[:, None].expand(1, 1, -1, columns * 8).contiguous()
    for page in (local_search(tone, shade(tone, INK), INK, 2)[0], refine(tone, shade(tone, INK), INK, 1)):
        sides, between = shares_at_the_sides(list(page))
        assert (sides <= 2 * between + 2 / 96).all()  # two cells of the 96 may be anything
        known = torch.stack([(page[..., [side]] == page[..., 6:-6]).any(-1) for side in (0, -1)])
        assert known.float().mean() > 0.92


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_refinement_improves_what_the_generator_chose(path: Path) -> None:
    weights, tone = load_weights(find_weights("classic", None)), fit(tone_of(decode(path.read_bytes())), 64, 32)
    renderer = Renderer(weights)
    pages = [renderer.grid(tone, 64, focus=0.0, refine=wanted) for wanted in (False, True)]
    chosen, refined = (torch.from_numpy(page.glyphs)[None] for page in pages)
    assert 0.02 < (chosen != refined).float().mean() < 0.6
    shown = torch.from_numpy(full_ink(tone, weights.least_strength))[None, None]
    assert error(refined, shown) < 0.95 * error(chosen, shown)
