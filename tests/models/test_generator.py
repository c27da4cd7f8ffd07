"""The networks take any size and answer in the shapes they promise."""

from dataclasses import replace

import pytest
import torch

from models.discriminator import Discriminator, adversarial_loss, discriminator_loss
from models.generator import SIZES, Generator, GeneratorConfig
from models.teachers import cells_of


@pytest.mark.parametrize(
    ("columns", "rows"), [(1, 1), (1, 9), (9, 1), (2, 3), (5, 7), (13, 4), (64, 32), (63, 31), (200, 1)]
)
def test_any_size(columns: int, rows: int) -> None:
    torch.manual_seed(0)
    logits = Generator(SIZES["tiny"]).eval()(torch.rand(2, 1, rows * 16, columns * 8))
    assert logits.shape == (2, rows, columns, 95)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("size", SIZES)
def test_every_named_size_describes_itself_and_fits_its_file(size: str) -> None:
    net = Generator(SIZES[size])
    assert GeneratorConfig.from_dict(net.config.as_dict()) == net.config
    assert sum(p.numel() for p in net.parameters()) * 2 < 16 * 2**20


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_flat_tone_gives_numbers(shade: float) -> None:
    assert torch.isfinite(Generator(SIZES["tiny"])(torch.full((1, 1, 64, 64), shade))).all()


def test_a_picture_of_a_batch_does_not_depend_on_its_neighbours() -> None:
    torch.manual_seed(0)
    net, tone = Generator(SIZES["tiny"]).eval(), torch.rand(3, 1, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(net(tone)[1:2], net(tone[1:2]), atol=1e-4)


def test_a_flat_tone_can_still_form_a_pattern() -> None:
    """Without the parity channels every inner cell of a flat page would get the same logits."""
    torch.manual_seed(0)
    with torch.inference_mode():
        logits = Generator(SIZES["tiny"]).eval()(torch.full((1, 1, 16 * 16, 16 * 8), 0.5))
    assert (logits[0, 8, 8] - logits[0, 8, 9]).abs().max() > 1e-3


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
    net = Generator(replace(SIZES["tiny"], head="pixels")).eval()
    assert net(torch.rand(1, 1, 3 * 16, 5 * 8)).shape == (1, 3, 5, 16 * 8)


def test_the_pixel_head_can_tell_levels_that_lie_a_step_of_the_ramp_apart() -> None:
    """A ramp's steps are sharp: the head must learn one at any level, to a few thousandths of the tone."""
    torch.manual_seed(0)
    net = Generator(replace(SIZES["tiny"], head="pixels"))
    optimizer = torch.optim.Adam(net.head.parameters(), 1e-2)
    levels = torch.linspace(0.4, 0.6, 201)
    tone = levels.view(-1, 1, 1, 1).expand(-1, 1, 16, 8)
    tone = tone.permute(1, 2, 0, 3).reshape(1, 1, 16, -1)
    wanted = (levels > 0.5005).float()
    for _ in range(150):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(tone)[0, 0].mean(-1), wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    wrong = (net(tone)[0, 0].mean(-1) > 0) != (wanted > 0)
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
