"""The subject branch: any size in, a map out, and it learns."""

import pytest
import torch
from torch.nn import functional as F

from models.nn.architecture import MAP_SIDE, SIDE
from models.nn.subject import SubjectBranch, subject_loss
from tests.models.training.runs import trains


@pytest.mark.parametrize("size", [(16, 8), (16, 1600), (1280, 800), (128, 128), (333, 77)])
def test_any_size_in_and_a_map_out(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    found = SubjectBranch().eval()(torch.rand(2, 1, *size))
    assert found.shape == (2, 1, MAP_SIDE, MAP_SIDE)
    assert torch.isfinite(found).all()


def test_a_page_of_any_size_is_the_same_picture() -> None:
    torch.manual_seed(0)
    net, small = SubjectBranch().eval(), torch.rand(1, 1, SIDE, SIDE)
    large = F.interpolate(small, scale_factor=3.0)
    with torch.inference_mode():
        torch.testing.assert_close(net(large), net(small), atol=1e-4, rtol=1e-4)


def test_it_sees_the_whole_picture() -> None:
    """What is in one corner can say that the other is ground."""
    torch.manual_seed(0)
    tone = torch.rand(1, 1, SIDE, SIDE, requires_grad=True)
    SubjectBranch()(tone)[0, 0, 0, 0].backward()
    assert tone.grad is not None
    assert tone.grad[0, 0, -8:, -8:].abs().sum() > 0


@trains
def test_it_sees_nothing_until_it_learns() -> None:
    torch.manual_seed(0)
    net, tone, wanted = SubjectBranch(), torch.rand(4, 1, SIDE, SIDE), torch.ones(4, 1, MAP_SIDE, MAP_SIDE)
    net.see_nothing()
    assert net(tone).sigmoid().max() < 1e-3
    before = subject_loss(net(tone), wanted)
    before.backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in net.parameters())
    torch.optim.SGD(net.head.parameters(), 0.1).step()
    assert subject_loss(net(tone), wanted) < before


def discs(count: int, chance: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of a dark or a light disc on grey, striped ground, and where it is."""
    line = torch.linspace(-1, 1, SIDE)
    middle, radius = torch.rand(count, 2, 1, 1, generator=chance) - 0.5, 0.3 + 0.2 * torch.rand(count, 1, 1)
    there = ((line[:, None] - middle[:, 0]) ** 2 + (line - middle[:, 1]) ** 2 < radius**2)[:, None].float()
    tones = torch.rand(count, 1, 1, 1, generator=chance).round()
    ground = 0.5 + 0.1 * torch.sin(40 * line)
    return there * tones + (1 - there) * ground, F.avg_pool2d(there, SIDE // MAP_SIDE)


@trains
def test_it_learns_what_stands_out() -> None:
    torch.manual_seed(0)
    net, chance = SubjectBranch(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3)
    losses = []
    for _ in range(20):
        tone, wanted = discs(4, chance)
        loss = subject_loss(net(tone), wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    tone, wanted = discs(8, torch.Generator().manual_seed(1))
    found = net(tone) > 0
    both, either = (found & (wanted > 0.5)).sum(), (found | (wanted > 0.5)).sum()
    assert both / either > 0.6


def test_the_loss_is_least_for_the_map_itself_and_knows_empty_ones() -> None:
    wanted = torch.zeros(1, 1, 8, 8)
    wanted[..., 2:5, 2:5] = 1
    sure = (2 * wanted - 1) * 20
    assert subject_loss(sure, wanted) < 1e-3
    assert subject_loss(-sure, wanted) > subject_loss(torch.zeros(1, 1, 8, 8), wanted) > subject_loss(sure, wanted)
    nothing = torch.zeros(1, 1, 8, 8)
    assert subject_loss(nothing - 20, nothing) < 1e-3
    assert subject_loss(nothing + 20, nothing) > 20
