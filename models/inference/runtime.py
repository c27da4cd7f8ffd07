"""What computes a page's network: ONNX Runtime on a processor, PyTorch on a card, or where it is all there is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class OutOfMemory(Exception):
    """The card has no memory for what was asked. It may have for less, or later."""


class Runtime(Protocol):
    """A loaded network, and the work of a page that is done where the network is.

    Arrays come and go in the processor's memory, float32. `device` is `cpu` or `cuda`, `precision` what the network
    computes in. Each method but `free` may raise OutOfMemory.
    """

    device: str
    precision: str

    def subject(self, tone: Array) -> Array:
        """How likely each place of pictures, (B, H, W) in [0, 1], is their subject, (B, h, w); 0: none is known."""

    def compose(self, tone: Array, subject: Array, focus: Array) -> Array:
        """As models.arrays.focus.compose."""

    def logits(self, tone: Array) -> Array:
        """Pages' tone, (B, rows · 16, columns · 8) in [0, 1], to (B, rows, columns, outputs)."""

    def refine(self, tone: Array, glyphs: NDArray[np.int64], sweeps: int) -> NDArray[np.int64]:
        """As models.arrays.refinement.refine, of one page."""

    def free(self) -> None:
        """Give back memory that is kept for later."""
