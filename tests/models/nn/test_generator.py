"""The networks take any size and answer in the shapes that their docstrings say."""

from dataclasses import replace

import pytest
import torch

from models.baselines.per_cell import cells_of
from models.nn.architecture import MAP_SIDE, SIZES, GeneratorConfig
from models.nn.discriminator import Discriminator, adversarial_loss, discriminator_loss
from models.nn.focus import compose
from models.nn.generator import Generator
from models.quality.measures import shares_at_the_sides
from models.weights_file import find_weights, load_weights
from tests.models.tones import level
from tests.models.training.runs import trains

TINY = SIZES["tiny"]
NONE = torch.zeros(1)
"""No focus."""


@pytest.mark.parametrize(
    ("columns", "rows"), [(1, 1), (1, 9), (9, 1), (2, 3), (5, 7), (13, 4), (64, 32), (63, 31), (200, 1)]
)
def test_any_size(columns: int, rows: int) -> None:
    torch.manual_seed(0)
    net = Generator(TINY).eval()
    tone = torch.rand(2, 1, rows * 16, columns * 8)
    logits = net(tone, torch.tensor([0.0, 0.7]))
    assert logits.shape == (2, rows, columns, 95)
    assert torch.isfinite(logits).all()
    assert net.subject(tone).shape == (2, 1, MAP_SIDE, MAP_SIDE)


@pytest.mark.parametrize("size", SIZES)
def test_every_named_size_describes_itself_and_fits_its_file(size: str) -> None:
    net = Generator(SIZES[size])
    assert GeneratorConfig.from_dict(net.config.as_dict()) == net.config
    assert sum(p.numel() for p in net.parameters()) * 2 < 16 * 2**20


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_flat_tone_gives_numbers(shade: float) -> None:
    assert torch.isfinite(Generator(TINY)(level(shade), NONE + 1)).all()


def test_a_picture_of_a_batch_does_not_depend_on_its_neighbours() -> None:
    torch.manual_seed(0)
    net, tone, focus = Generator(TINY).eval(), torch.rand(3, 1, 64, 64), torch.tensor([0.0, 0.8, 0.3])
    with torch.inference_mode():
        assert torch.allclose(net(tone, focus)[1:2], net(tone[1:2], focus[1:2]), atol=1e-4)


@pytest.mark.parametrize(("rows", "columns"), [(8, 16), (7, 13), (1, 1)])
@pytest.mark.parametrize("shade", [0.0, 0.3, 0.8])
def test_an_even_picture_is_one_texture_to_its_edges(rows: int, columns: int, shade: float) -> None:
    """Every cell sees the same, so none is set otherwise: no frame, and no pattern of columns."""
    torch.manual_seed(0)
    with torch.inference_mode():
        logits = Generator(TINY).eval().set_type(level(shade, rows, columns))
    assert (logits - logits[:, :1, :1]).abs().max() < 1e-4


def test_a_picture_with_nothing_in_it_that_changes_sideways_is_set_alike_all_along_its_rows() -> None:
    torch.manual_seed(0)
    tone = torch.linspace(0, 1, 12 * 16)[:, None].expand(1, 1, -1, 21 * 8).contiguous()
    with torch.inference_mode():
        logits = Generator(TINY).eval().set_type(tone)
    assert (logits - logits[:, :, :1]).abs().max() < 1e-4
    assert (logits[:, 0] - logits[:, -1]).abs().max() > 1e-2


def test_the_shipped_weights_draw_no_frame() -> None:
    """On pictures that are alike at their sides and between, no glyph more than twice as often as between."""
    net, pages = load_weights(find_weights("classic", None)).generator, []
    chance = torch.Generator().manual_seed(0)
    for _ in range(12):
        ends = torch.rand(2, generator=chance)
        slope = torch.lerp(ends[0], ends[1], torch.linspace(0, 1, 24 * 16))
        tone = (slope[:, None] + 0.05 * torch.randn(24 * 16, 40 * 8, generator=chance)).clamp(0, 1)
        with torch.inference_mode():
            pages.append(net.set_type(tone[None, None]).argmax(-1)[0])
    sides, between = shares_at_the_sides(pages)
    assert (sides <= 2 * between + 0.01).all()


def test_focus_changes_the_page_only_where_there_is_a_subject() -> None:
    torch.manual_seed(0)
    net, tone, full = Generator(TINY).eval(), torch.rand(1, 1, 128, 128), NONE + 1
    assert net.subject_branch is not None
    with torch.inference_mode():
        plain = net.set_type(tone)
        assert torch.equal(net(tone, NONE), plain)
        assert not torch.equal(net(tone, full), plain)  # chance sees something everywhere
        assert torch.equal(net(tone, full), net.set_type(compose(tone, net.subject(tone), full)))
        net.subject_branch.see_nothing()
        assert net.subject(tone).max() < 1e-3
        assert torch.equal(net(tone, full), plain)


SANE: dict[str, object] = {"head": "glyphs", "glyphs": 95, "widths": [8, 8, 8], "blocks": 1}


def test_a_sane_description_is_taken() -> None:
    assert GeneratorConfig.from_dict(SANE).widths == (8, 8, 8)


@pytest.mark.parametrize(
    "change",
    [
        {"head": "horns"},
        {"widths": [8, 8]},
        {"widths": [8, 8, 9]},
        {"widths": [8, 8, 10**6]},
        {"widths": 8},
        {"glyphs": 1},
        {"glyphs": "many"},
        {"blocks": 10**9},
        {"blocks": None},
    ],
    ids=str,
)
def test_a_description_of_no_sane_network_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        GeneratorConfig.from_dict(SANE | change)


@pytest.mark.parametrize("name", SANE)
def test_a_description_that_lacks_something_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        GeneratorConfig.from_dict({key: value for key, value in SANE.items() if key != name})


def test_the_pixel_head_gives_every_pixel_of_a_cell() -> None:
    net, tone = Generator(replace(TINY, head="pixels")).eval(), torch.rand(1, 1, 3 * 16, 5 * 8)
    assert net.set_type(tone).shape == (1, 3, 5, 16 * 8)
    assert net.subject_branch is None and net.subject(tone).max() == 0
    assert torch.equal(net(tone, NONE + 1), net.set_type(tone))  # it sees no subject


@trains
def test_the_pixel_head_can_tell_levels_that_lie_a_step_of_the_ramp_apart() -> None:
    """A ramp's steps are sharp: the head must learn one at any level, to a few thousandths of the tone."""
    torch.manual_seed(0)
    net = Generator(replace(TINY, head="pixels"))
    optimizer = torch.optim.Adam(net.head.parameters(), 1e-2)
    levels = torch.linspace(0.4, 0.6, 201)
    tone = levels.view(-1, 1, 1, 1).expand(-1, 1, 16, 8)
    tone = tone.permute(1, 2, 0, 3).reshape(1, 1, 16, -1)
    wanted = (levels > 0.5005).float()
    for _ in range(150):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net.set_type(tone)[0, 0].mean(-1), wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    wrong = (net.set_type(tone)[0, 0].mean(-1) > 0) != (wanted > 0)
    assert levels[wrong].sub(0.5005).abs().max() < 0.005 if wrong.any() else True


def test_the_discriminator_looks_at_a_few_cells_at_a_time() -> None:
    """The change of one pixel reaches the scores within 2 to 4 cells' width and no farther."""
    torch.manual_seed(0)
    net = Discriminator(8).eval()
    tone, page = torch.rand(1, 1, 128, 128), torch.rand(1, 1, 128, 128).requires_grad_()
    _, scores = net(tone, page)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    assert page.grad is not None
    rows, columns = page.grad[0, 0].nonzero().T
    for reach in (int(rows.max() - rows.min()), int(columns.max() - columns.min())):
        assert 2 * 16 <= reach + 1 <= 4 * 16


@trains
def test_the_discriminator_learns_to_tell_and_sees_the_tone() -> None:
    torch.manual_seed(0)
    net = Discriminator(8)
    tone = torch.rand(4, 1, 64, 64)
    # Real pages follow the tone and false ones follow another's: only a conditional one can tell.
    real, fake = tone, tone.roll(1, 0)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss = discriminator_loss(net, tone, real, fake)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert adversarial_loss(net, tone, real, real) < adversarial_loss(net, tone, real, fake)


def test_cells_are_cut_in_reading_order() -> None:
    image = torch.arange(2 * 16 * 3 * 8).view(1, 1, 32, 24)
    cells = cells_of(image)
    assert cells.shape == (1, 2, 3, 128)
    assert torch.equal(cells[0, 1, 2].view(16, 8), image[0, 0, 16:, 16:])
