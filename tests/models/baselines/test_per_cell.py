"""The rules per cell choose well."""

from pathlib import Path

import pytest
import torch

from models.atlas import default_atlas, densest
from models.baselines.per_cell import cells_of, join_cells, paint_ink, patterns, ramp, search, shade, strokes, trace
from models.blur import blur
from models.quality.measures import edge_similarity, edges
from models.similarity import similarity
from tests.models.pictures import SAMPLES
from tests.models.tones import INK, level, sample


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


def test_the_densest_glyph_is_black() -> None:
    assert densest(INK) == pytest.approx(max(float(glyph.mean()) for glyph in INK))


def test_shade_holds_the_mean_tone() -> None:
    """Of an even tone about, as calm glyphs are few; of a picture, in which they make up for another, closely."""
    tones = torch.linspace(0, 1, 101)
    pages = shade(torch.cat([level(float(tone), 2, 3) for tone in tones]), INK)
    assert (pages == pages[:, :1, :1]).all()  # one glyph, at the edges as inside
    shown = INK.mean((1, 2))[pages[:, 0, 0]] / densest(INK)
    assert (shown - tones).abs().max() < 0.12
    assert (shown - tones).abs().mean() < 0.04
    assert shown[0] == 0 and shown[100] > 0.98
    for path in SAMPLES:
        tone = sample(path)
        assert paint_ink(shade(tone, INK), INK).mean() / densest(INK) == pytest.approx(float(tone.mean()), abs=0.01)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_shade_keeps_more_of_the_tone_than_search(path: Path) -> None:
    tone = sample(path)
    prints = [paint_ink(rule(tone, INK), INK) / densest(INK) for rule in (search, shade)]
    for sigma in (8.0, 16.0):
        worse, better = (float(similarity(print_, tone, sigma)) for print_ in prints)
        assert better > worse


def test_an_area_of_a_glyph_is_the_more_of_a_pattern_the_more_uneven_it_is() -> None:
    """Two bars from edge to edge are seen as stripes from farther than what fills its cell evenly."""
    found = dict(zip(default_atlas().charset, patterns(INK).tolist(), strict=True))
    assert found[" "] == 0
    for bold, calm in (("=", "#"), ("=", "%"), ("=", "{"), ("_", "."), ("-", ".")):
        assert found[bold] > 2 * found[calm], (bold, calm)
    # By hand, of one: blurred among its like.
    index = default_atlas().charset.index("=")
    area = blur(INK[index].repeat(9, 9)[None, None], 3.0)[0, 0, 64:80, 32:40]
    assert found["="] == pytest.approx(float(((area - area.mean()) ** 2).sum()), rel=1e-3)


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
    assert kept > 1.2 * edge_similarity(paint_ink(search(tone, INK), INK), wanted)
    assert (traced == 0).float().mean() > 0.4
