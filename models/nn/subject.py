"""The subject branch: it sees a whole picture, small, and says how likely each place of it is its subject.

A small U-Net over 128×128 px of tone, whatever the page's size and shape, with all of the picture in view at its
deepest level. It learns from maps that a salient-object network drew once for each training photo
(models.training.labels); no such network is needed to draw.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nn.architecture import SIDE
from models.nn.architecture import SUBJECT_WIDTHS as WIDTHS
from models.nn.layers import Block, convolution


class SubjectBranch(nn.Module):
    """Tone to logits of being subject, (B, 1, MAP_SIDE, MAP_SIDE)."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(convolution(a, b, 3, stride=2, edges="zeros") for a, b in pairwise((2, *WIDTHS)))
        self.blocks = nn.ModuleList(Block(width, "zeros") for width in WIDTHS)
        self.whole = nn.Linear(WIDTHS[-1], WIDTHS[-1])
        self.deep = Block(WIDTHS[-1], "zeros")
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(WIDTHS))
        self.mend = nn.ModuleList(Block(width, "zeros") for width in WIDTHS[:-1])
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, tone: Tensor) -> Tensor:
        """`tone` (B, 1, H, W) in [0, 1], the whole picture at any size."""
        seen = F.adaptive_avg_pool2d(tone, SIDE) * 2 - 1
        # How far from the middle: a subject is seldom at the edge.
        line = torch.linspace(-1, 1, SIDE, device=tone.device, dtype=tone.dtype)
        middle = (line[:, None] ** 2 + line[None] ** 2).expand(len(tone), 1, SIDE, SIDE)
        x, levels = torch.cat((seen, middle), 1), []
        for down, block in zip(self.down, self.blocks, strict=True):
            x = block(down(x))
            levels.append(x)
        x = self.deep(x + self.whole(x.mean((2, 3)))[..., None, None])
        for skip, up, mend in reversed(list(zip(levels[:-1], self.up, self.mend, strict=True))):
            x = mend(skip + F.interpolate(up(x), scale_factor=2.0, mode="bilinear"))
        logits: Tensor = self.head(F.leaky_relu(x, 0.2))
        return logits

    def see_nothing(self) -> None:
        """Find no subject in any picture. Untrained weights would find one by chance."""
        weight, bias = self.head.parameters()
        nn.init.zeros_(weight)
        nn.init.constant_(bias, -10.0)


def subject_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of each place, and 1 - intersection over union of the whole map; both (B, 1, h, w)."""
    entropy = F.binary_cross_entropy_with_logits(logits, wanted)
    found = logits.sigmoid()
    both = (found * wanted).sum((1, 2, 3))
    either = (found + wanted - found * wanted).sum((1, 2, 3))
    return entropy + (1 - (both + 1) / (either + 1)).mean()
