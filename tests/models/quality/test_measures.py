"""The measures on hand-made pages whose answer is known."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from models.atlas import default_atlas
from models.baselines.per_cell import paint_ink
from models.blur import blur
from models.encoders.png import paint
from models.page import Grid, page_of
from models.quality.measures import edge_similarity, edges, frame, legibility, read
from models.rendering.renderer import LEVELS, strength_of

INK = torch.from_numpy(default_atlas().ink)


def page(seed: int = 0) -> Tensor:
    """Random glyphs, blanks among them, (1, 8, 16)."""
    return torch.randint(0, 95, (1, 8, 16), generator=torch.Generator().manual_seed(seed))


def blank(height: int = 128, width: int = 128) -> Tensor:
    return torch.zeros(1, 1, height, width)


def test_edges_of_a_step_are_one_line_in_its_place() -> None:
    tone = blank()
    tone[..., 61:] = 0.8
    found = edges(tone)[0, 0]
    assert set(found.flatten().tolist()) == {0.0, 1.0}
    columns = sorted(set(found[20:100].nonzero()[:, 1].tolist()))
    assert columns in ([60, 61], [61, 62])
    assert (found[20:100].sum(1) == 2).all()


def test_edges_of_a_disc_are_its_rim() -> None:
    y, x = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    distance = ((x - 64) ** 2 + (y - 64) ** 2).sqrt()
    found = edges((distance < 40).float()[None, None])[0, 0] > 0
    assert distance[found].sub(40).abs().max() < 3
    # Two pixels wide all the way round.
    assert found.sum().item() == pytest.approx(2 * 2 * math.pi * 40, rel=0.25)


def test_flat_tone_soft_shading_and_faint_noise_have_no_edges() -> None:
    assert edges(torch.full((1, 1, 128, 128), 0.5)).sum() == 0
    assert edges(torch.linspace(0, 1, 256).expand(1, 1, 128, 256)).sum() == 0
    noise = torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    assert edges(0.5 + 0.05 * noise).sum() == 0


def test_hysteresis_keeps_a_faint_end_of_a_strong_edge_only() -> None:
    """A step that fades from 0.5 to 0.1 is kept down to the low threshold; one of 0.1 all along is not."""
    height = torch.linspace(0.5, 0.1, 256)[:, None]
    fading, faint = blank(256, 128), blank(256, 128)
    fading[0, 0, :, 64:] = height
    faint[..., 64:] = 0.1
    assert edges(fading)[0, 0, 230].sum() > 0
    assert edges(faint).sum() == 0


def test_the_same_shape_has_similarity_one() -> None:
    strokes = paint_ink(page(), INK)
    assert edge_similarity(strokes, strokes) == pytest.approx(1.0)


def test_a_blank_page_shares_nothing_with_strokes_and_two_blank_ones_have_nothing_to_compare() -> None:
    assert edge_similarity(blank(), paint_ink(page(), INK)) == pytest.approx(0.0, abs=1e-6)
    assert edge_similarity(blank(), blank()) == 0.0


def bar(column: int, height: int = 48, width: int = 24) -> Tensor:
    image = blank(height, width)
    image[..., 16:32, column : column + 2] = 1.0
    return image


def test_a_stroke_beside_its_place_is_worth_more_than_one_elsewhere() -> None:
    here = bar(11)
    beside, apart = edge_similarity(bar(12), here), edge_similarity(bar(14), here)
    assert 1.0 > beside > apart >= 0.0
    assert beside > 0.6
    turned = blank(48, 24)
    turned[..., 23:25, 8:16] = 1.0
    assert edge_similarity(turned, here) < beside


def test_a_stroke_in_another_cell_is_a_gap_and_clutter() -> None:
    """Nothing in common, in both cells: softening alone lets a trace across."""
    assert edge_similarity(bar(3), bar(19)) == pytest.approx(0.0, abs=0.02)


def test_clutter_costs_as_much_as_a_gap() -> None:
    one, two = bar(3), torch.maximum(bar(3), bar(19))
    assert edge_similarity(two, one) == pytest.approx(0.5, abs=0.02)
    assert edge_similarity(one, two) == pytest.approx(0.5, abs=0.02)


def test_print_is_legible_whatever_its_strength_and_blurred_print_is_not() -> None:
    print_ = paint_ink(page(), INK)
    assert legibility(print_, INK) == pytest.approx(1.0, abs=1e-5)
    assert legibility(0.5 * print_, INK) == pytest.approx(1.0, abs=1e-5)
    one, two = legibility(blur(print_, 1.0), INK), legibility(blur(print_, 2.0), INK)
    assert 1.0 > one > two > 0.3


def test_noise_is_not_legible_and_blank_cells_do_not_count() -> None:
    noise = torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    assert legibility(noise, INK) < 0.3
    assert legibility(blank(), INK) == 0.0
    assert legibility(torch.cat((paint_ink(page(), INK), blank(128, 128)), 2), INK) == pytest.approx(1.0, abs=1e-5)


def test_a_page_is_read_back_glyph_for_glyph() -> None:
    glyphs = torch.arange(95).repeat(2).view(1, 10, 19)
    assert torch.equal(read(paint_ink(glyphs, INK), INK), glyphs[0])
    spoiled = paint_ink(glyphs, INK)
    spoiled[..., 8:16] = 0.0  # the second column is wiped out
    assert (read(spoiled, INK) == glyphs[0]).float().mean().item() == pytest.approx(18 / 19, abs=0.01)


def test_a_page_is_read_whatever_the_strength_of_its_ink() -> None:
    """Every glyph at every strength that a shaded page has, in the bytes of a picture on either paper."""
    glyphs = np.tile(np.arange(95), (LEVELS, 1))
    strength = strength_of(np.linspace(0, 1, LEVELS, dtype=np.float32)[:, None].repeat(95, 1), 0.2)
    for paper in ("light", "dark"):
        picture = np.asarray(paint(page_of(Grid(glyphs, default_atlas(), strength=strength), "mono", paper)))
        tone = torch.from_numpy(picture[..., 0].astype(np.float32))[None, None]
        print_ = (tone - tone[..., 0, 0]) / ((0 if paper == "light" else 255) - tone[..., 0, 0])
        assert print_.view(LEVELS, 16, 95, 8).amax((1, 3))[:, 1:].min() < 0.65
        assert (read(print_, INK).numpy() == glyphs).all(), paper


def test_strokes_stronger_than_ink_are_no_fainter_glyph() -> None:
    """A glyph is never taken for a fainter one printed in more than full ink."""
    faint, strong = INK[1] * 0.4, INK[1]
    assert read(strong.repeat(2, 2)[None, None], torch.stack((faint, strong))).eq(1).all()


def test_pages_without_a_frame_have_one() -> None:
    random = [page(seed).squeeze(0) for seed in range(200)]
    assert frame([torch.full((8, 16), 5)]) == frame([torch.zeros(8, 16).long()]) == 1.0
    # By chance one of 95 glyphs is a little commoner at the sides: of 3,200 cells there, each has about 34.
    assert frame(random) < 2.0


def test_a_column_of_one_glyph_at_either_side_is_a_frame() -> None:
    pages = [page(seed).squeeze(0) for seed in range(20)]
    for framed in pages:
        framed[:, 0] = 37
    # Half of the cells outside, a ninety-fifth of those inside.
    assert frame(pages) == pytest.approx(48, rel=0.3)
    few = [torch.full((16, 16), 5) for _ in range(20)]
    few[0][:4, -1] = 37  # in 4 cells of 640 there is nothing to see
    assert frame(few) == 1.0
    for framed in few[:10]:
        framed[:4, -1] = 37
    assert frame(few) > 100  # and nowhere inside


@pytest.mark.parametrize("columns", [1, 2])
def test_a_page_that_is_all_sides_has_no_frame(columns: int) -> None:
    assert frame([torch.arange(6 * columns).view(6, columns)]) == 1.0
