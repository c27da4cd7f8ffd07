"""From logits to characters: the likeliest glyph of every cell, with a price on what the page has too much of.

A generator that learns from varied pages still names the same favourite wherever several glyphs would do. A
typesetter looks at the page as a whole; so does this: a glyph whose share of the inked cells passes FREE_SHARE
loses some of its logits everywhere, and cells where another is nearly as likely take the other.
"""

from typing import Final

import torch
from torch import Tensor

FREE_SHARE: Final = 0.03
ROUNDS: Final = 8


def choose(logits: Tensor, variety: float, blank: int = 0) -> Tensor:
    """(B, rows, columns, N) logits to (B, rows, columns) indices; each page of the batch by itself.

    `variety` is how many logits a glyph loses in a round per unit of share above FREE_SHARE; 0 is plain argmax.
    Blank paper has no price.
    """
    return priced(logits, variety, blank).argmax(-1)


def priced(logits: Tensor, variety: float, blank: int = 0) -> Tensor:
    """The logits less each glyph's price on its page, in the same shape: what `choose` takes the best of."""
    pages = logits.flatten(1, 2)
    price = torch.zeros_like(pages[:, :1])
    for _ in range(ROUNDS if variety > 0 else 0):
        glyphs = (pages - price).argmax(-1)
        counts = torch.zeros_like(price[:, 0]).scatter_add_(1, glyphs, torch.ones_like(glyphs, dtype=pages.dtype))
        counts[:, blank] = 0.0
        shares = counts / counts.sum(1, keepdim=True).clamp_min(1.0)
        price = price + variety * (shares - FREE_SHARE).clamp_min(0.0)[:, None]
    return (pages - price).view(logits.shape)
