"""Choosing characters from logits, with and without a price on sameness."""

import math

import pytest
import torch

from models.choose import choose, price_of_sameness
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


def test_a_higher_price_gives_more_variety() -> None:
    """Also where it is so high that prices taken at once would swing."""
    torch.manual_seed(0)
    logits = torch.randn(1, 32, 32, 40)
    logits[..., 3:6] += 2.0
    effective = [effective_glyphs(choose(logits, variety))[0] for variety in (0.0, 0.5, 1.0, 2.0)]
    assert effective == sorted(effective)
    assert effective[-1] > 1.5 * effective[0]


def test_what_is_certain_stays() -> None:
    logits = torch.zeros(1, 8, 8, 4)
    logits[..., 2] = 50.0
    assert (choose(logits, 1.0) == 2).all()


def test_blank_paper_has_no_price() -> None:
    logits = torch.zeros(1, 8, 8, 4)
    logits[..., 0] = 0.1
    assert (choose(logits, 5.0) == 0).all()


def test_no_blank_cell_is_inked_for_a_rare_glyphs_sake() -> None:
    logits = torch.zeros(1, 16, 16, 40)
    logits[:, :8, :, 1] = 50.0  # a page of one glyph, to which any other would bring variety
    logits[:, 8:, :, 0] = 0.1
    assert torch.equal(choose(logits, 4.0), logits.argmax(-1))


def test_pages_do_not_price_each_other() -> None:
    torch.manual_seed(1)
    logits = torch.randn(2, 6, 6, 9)
    together = choose(logits, 3.0)
    assert torch.equal(together[1:], choose(logits[1:], 3.0))


def test_the_price_is_what_entropy_changes_by() -> None:
    """One more of a glyph changes H by −(log s + H) / N, s being its share and N the number of inked cells."""
    counts = torch.tensor([5000, 2000, 1000, 500], dtype=torch.float64)  # blank, and three glyphs

    def entropy(counts: torch.Tensor) -> float:
        shares = counts[1:] / counts[1:].sum()
        return float(-(shares * shares.log()).sum())

    price = price_of_sameness(torch.repeat_interleave(torch.arange(4), counts.long())[None], 4, 2.0)[0]
    assert price[0] == 0
    for glyph in (1, 2, 3):
        more = counts + (torch.arange(4) == glyph)
        change = 3500 * (entropy(more) - entropy(counts))
        assert price[glyph].item() == pytest.approx(-2.0 * change, abs=0.01)


def test_a_glyph_that_is_not_there_is_only_so_cheap() -> None:
    price = price_of_sameness(torch.tensor([[0, 1, 2, 3]]), 5, 1.0)[0]
    assert price[4].item() == pytest.approx(-math.log(5))


def test_on_bare_paper_no_glyph_has_a_price() -> None:
    assert not price_of_sameness(torch.zeros(1, 9, dtype=torch.long), 5, 1.0).any()
