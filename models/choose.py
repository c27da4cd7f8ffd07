"""From logits to characters: the likeliest glyph of every cell, with a price on what the page has too much of.

A generator that learns from varied pages still names the same favourite wherever several glyphs would do. A
typesetter looks at the page as a whole; so does this. Variety is measured as the entropy H of the glyphs' shares
of the inked cells, so what one more of a glyph does to it has a price, log s + H, s being its share: above zero for
glyphs that are commoner than most, below for rarer ones. Cells where another is nearly as likely take the other.
"""

import math
from typing import Final

import torch
from torch import Tensor

RAREST: Final = 5.0
"""How many times rarer than is usual on the page a glyph may be and still get cheaper."""
ROUNDS: Final = 8


def choose(logits: Tensor, variety: float, blank: int = 0) -> Tensor:
    """(B, rows, columns, N) logits to (B, rows, columns) indices; each page of the batch by itself.

    `variety`, from 0 to MAX_VARIETY, is how many logits a glyph loses each time its share grows by a factor of e;
    0 is plain argmax. Whether a cell has ink at all, the logits alone decide.
    """
    return priced(logits, variety, blank).argmax(-1)


def priced(logits: Tensor, variety: float, blank: int = 0) -> Tensor:
    """The logits less each glyph's price on its page, in the same shape: what `choose` takes the best of."""
    if variety <= 0:
        return logits
    pages = logits.flatten(1, 2)
    bare = pages.argmax(-1) == blank
    glyphs = pages.clone()
    glyphs[..., blank] = -math.inf
    price = torch.zeros_like(pages[:, :1])
    for turn in range(ROUNDS):
        page = (glyphs - price).argmax(-1).masked_fill(bare, blank)
        wanted = price_of_sameness(page, logits.shape[-1], variety, blank)
        # Ever smaller steps, as in fictitious play: full ones swing between two pages, each too dear for the other.
        price = price.lerp(wanted[:, None].to(price), 1 / (turn + 2))
    # Each cell's best glyph gets back what it had, so that no blank cell is inked for a rare glyph's sake.
    scores = glyphs - price
    scores += glyphs.amax(-1, keepdim=True) - scores.amax(-1, keepdim=True)
    scores[..., blank] = pages[..., blank]
    return scores.view(logits.shape)


def price_of_sameness(glyphs: Tensor, count: int, variety: float, blank: int = 0) -> Tensor:
    """What each of `count` glyphs costs on a page for being common there, (B, count); below 0 for rare ones.

    `glyphs` is (B, cells). Blank paper costs nothing, a glyph at least variety · -log RAREST, and on a page without
    any ink nothing either.
    """
    counts = torch.zeros(len(glyphs), count, device=glyphs.device)
    counts.scatter_add_(1, glyphs, torch.ones_like(glyphs, dtype=counts.dtype))
    counts[:, blank] = 0.0
    inked = counts.sum(1, keepdim=True)
    shares = counts / inked.clamp_min(1.0)
    entropy = -torch.xlogy(shares, shares).sum(1, keepdim=True)
    price = variety * (shares.log() + entropy).clamp_min(-math.log(RAREST)) * (inked > 0)
    price[:, blank] = 0.0
    return price
