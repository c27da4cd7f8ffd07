"""Choosing characters from logits, with and without a price on sameness."""

import torch

from models.choose import choose
from models.fidelity import effective_glyphs


def test_without_a_price_it_is_the_likeliest() -> None:
    logits = torch.randn(2, 5, 7, 11)
    assert torch.equal(choose(logits, 0.0), logits.argmax(-1))


def test_a_price_spreads_what_is_nearly_equal() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 16, 32, 20) * 0.3
    logits[..., 3] += 2.0  # the favourite everywhere
    assert effective_glyphs(choose(logits, 0.0))[1] > 0.9
    effective, largest = effective_glyphs(choose(logits, 2.0))
    assert effective > 5
    assert largest < 0.4


def test_what_is_certain_stays() -> None:
    logits = torch.zeros(1, 8, 8, 4)
    logits[..., 2] = 50.0
    assert (choose(logits, 1.0) == 2).all()


def test_blank_paper_has_no_price() -> None:
    logits = torch.zeros(1, 8, 8, 4)
    logits[..., 0] = 0.1
    assert (choose(logits, 5.0) == 0).all()


def test_pages_do_not_price_each_other() -> None:
    torch.manual_seed(1)
    logits = torch.randn(2, 6, 6, 9)
    together = choose(logits, 3.0)
    assert torch.equal(together[1:], choose(logits[1:], 3.0))
