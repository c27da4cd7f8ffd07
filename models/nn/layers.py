"""The two layers that all networks here are made of."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

Edges = Literal["replicate", "zeros"]
"""What a convolution finds beyond the edge: more of what is at the edge, or nothing."""


def convolution(inside: int, outside: int, size: int, stride: int = 1, edges: Edges = "replicate") -> nn.Conv2d:
    """A convolution that keeps the size, but for its stride.

    With zeros, which take a third of the time less, a page's first and last column would get characters of their
    own and stand around it as a frame.
    """
    return nn.Conv2d(inside, outside, size, stride, padding=size // 2, padding_mode=edges)


class Block(nn.Module):
    """Two 3×3 convolutions around a residual path."""

    def __init__(self, width: int, edges: Edges = "replicate") -> None:
        super().__init__()
        self.first = convolution(width, width, 3, edges=edges)
        self.second = convolution(width, width, 3, edges=edges)
        self.norm = nn.GroupNorm(8, width)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape as `x`, (B, width, h, w)."""
        inner = F.leaky_relu(self.first(self.norm(x)), 0.2)
        out: Tensor = x + self.second(inner)
        return out
