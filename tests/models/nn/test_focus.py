"""Focus: the subject stays, the ground gives way, and a line tells them apart."""

import pytest
import torch
from torch import Tensor

from models.arrays.focus import AUTO, BACKGROUND_LEFT, LEAST_INK, OUTLINE, auto_focus
from models.nn.focus import compose
from tests.models.pictures import scene

FULL = torch.ones(1)
LINE = torch.linspace(-1, 1, 64)
SUBJECT = (LINE[:, None] ** 2 + LINE**2 < 0.3)[None, None].float()
"""A disc in the middle."""


def picture(inside: float | Tensor, outside: float | Tensor) -> Tensor:
    """A tone at four times the map's resolution."""
    there = SUBJECT.repeat_interleave(4, 2).repeat_interleave(4, 3)
    return there * inside + (1 - there) * outside


def middle(page: Tensor) -> Tensor:
    return page[..., 112:144, 112:144]


def corner(page: Tensor) -> Tensor:
    return page[..., :24, :24]


def test_no_focus_changes_nothing() -> None:
    tone = torch.from_numpy(scene(128, 192))[None, None]
    assert torch.equal(compose(tone, SUBJECT, FULL * 0), tone)
    both = compose(tone.repeat(2, 1, 1, 1), SUBJECT.repeat(2, 1, 1, 1), torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(both[:1], tone)
    assert not torch.equal(both[1:], tone)


@pytest.mark.parametrize("area", [0.0, 0.005, 0.97, 1.0])
def test_without_a_subject_nothing_is_told_apart(area: float) -> None:
    tone = torch.from_numpy(scene(128, 192))[None, None]
    subject = (torch.arange(64 * 64).view(1, 1, 64, 64) < area * 64 * 64).float()
    assert torch.equal(compose(tone, subject, FULL), tone)
    assert torch.equal(compose(tone, torch.zeros(1, 1, 1, 1), FULL), tone)  # as a network without a branch says


def test_all_of_the_focus_leaves_the_subject_and_next_to_nothing_of_the_ground() -> None:
    stripes = 0.5 + 0.4 * torch.sin(torch.arange(256) / 6)
    page = compose(picture(stripes, 0.8), SUBJECT, FULL)
    torch.testing.assert_close(corner(page), torch.full((1, 1, 24, 24), 0.8 * BACKGROUND_LEFT))
    shown = middle(page)[0, 0, 0]
    assert torch.corrcoef(torch.stack((shown, stripes[112:144])))[0, 1] > 0.99
    assert shown.min() >= LEAST_INK and shown.max() > 0.95
    assert page.min() >= 0 and page.max() <= 1


def test_more_focus_leaves_less_of_the_ground() -> None:
    tones = [float(corner(compose(picture(0.3, 0.8), SUBJECT, FULL * focus)).mean()) for focus in (0, 0.3, 0.6, 1)]
    assert tones == pytest.approx([0.8 * (1 - (1 - BACKGROUND_LEFT) * focus) for focus in (0, 0.3, 0.6, 1)])


@pytest.mark.parametrize("tone", [0.0, 0.4])
def test_a_line_goes_around_a_subject_that_nothing_else_tells_from_the_paper(tone: float) -> None:
    page = compose(picture(tone, 0.0), SUBJECT, FULL)[0, 0]
    across = page[128]
    left, right = (int(end) for end in torch.where(SUBJECT[0, 0, 32])[0][[0, -1]] * 4)
    for edge in (left, right + 3):
        assert across[edge - 6 : edge + 7].max() > 0.85 * OUTLINE
    assert across[: left - 16].max() == across[right + 20 :].max() == 0  # inside alone, or it would be a halo
    assert middle(page[None, None]).max() < OUTLINE - 0.1
    faint = compose(picture(tone, 0.0), SUBJECT, FULL * 0.4)[0, 0, 128]
    assert faint.max() < across.max()


def test_an_even_subject_is_not_torn_apart() -> None:
    """Noise of a hundredth is stretched to no more than a few of it."""
    noise = 0.01 * torch.rand(256, 256, generator=torch.Generator().manual_seed(0))
    assert middle(compose(picture(0.5 + noise, 0.0), SUBJECT, FULL)).std() < 0.03


def test_the_pictures_of_a_batch_are_told_apart_each_by_itself() -> None:
    tones = torch.stack([torch.from_numpy(scene(128, 128, seed))[None] for seed in range(4)])
    subjects = torch.cat((SUBJECT, 0.3 * SUBJECT, 1 - SUBJECT, 0 * SUBJECT))
    focus = torch.tensor([0.2, 0.9, 1.0, 1.0])
    together = compose(tones, subjects, focus)
    for n in range(4):
        alone = compose(tones[n : n + 1], subjects[n : n + 1], focus[n : n + 1])
        torch.testing.assert_close(together[n : n + 1], alone, atol=1e-5, rtol=1e-5)


def test_a_picture_gets_as_much_focus_as_its_subject_is_beyond_doubt() -> None:
    maps = torch.cat((SUBJECT, 0.65 * SUBJECT, 0.4 * SUBJECT, 0 * SUBJECT, 0 * SUBJECT + 1, 0 * SUBJECT + 0.5))
    focus = auto_focus(maps[:, 0].numpy()).tolist()
    assert focus == pytest.approx([AUTO, AUTO / 2, 0, 0, 0, 0], abs=1e-5)
    small = torch.zeros(1, 1, 64, 64)
    small[..., :6, :6] = 1  # less than a hundredth
    assert auto_focus(small[:, 0].numpy()).tolist() == [0.0]
