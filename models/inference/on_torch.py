"""The network by PyTorch: on a card, or on a processor where PyTorch is all there is. In single precision."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.baselines import local_search
from models.inference import card_memory
from models.inference.runtime import Array, OutOfMemory
from models.nn.focus import compose
from models.weights_file import LoadedWeights

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def _room() -> Iterator[None]:
    """OutOfMemory where the card has no memory for what is done in here."""
    try:
        yield
    except RuntimeError as error:
        # Where there is not even room for CUDA itself, PyTorch has no class for that.
        if isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error):
            raise OutOfMemory(str(error)) from error
        raise


def _there(work: Callable[P, T]) -> Callable[P, T]:
    """The work without gradients, where there is room for it."""

    @wraps(work)
    def attempted(*arguments: P.args, **named: P.kwargs) -> T:
        with _room(), torch.inference_mode():
            return work(*arguments, **named)

    return attempted


class OnTorch:
    """A Runtime."""

    precision = "fp32"

    def __init__(self, weights: LoadedWeights, device: str, threads: int | None = None) -> None:
        """Move the network there. Raises OutOfMemory."""
        if threads is not None:
            torch.set_num_threads(threads)
        self.device = device
        with _room():
            self._generator = weights.generator.to(device)
            self._ink = torch.from_numpy(weights.atlas.ink).to(device)

    @_there
    def subject(self, tone: Array) -> Array:
        return _array(self._generator.subject(self._tensor(tone)))[:, 0]

    @_there
    def compose(self, tone: Array, subject: Array, focus: Array) -> Array:
        wanted = torch.from_numpy(focus).to(self.device)
        return _array(compose(self._tensor(tone), self._tensor(subject), wanted))[:, 0]

    @_there
    def logits(self, tone: Array) -> Array:
        return _array(self._generator.set_type(self._tensor(tone)))

    @_there
    def refine(self, tone: Array, glyphs: NDArray[np.int64], sweeps: int) -> NDArray[np.int64]:
        standing = torch.from_numpy(glyphs)[None].to(self.device)
        refined = local_search.refine(self._tensor(tone[None]), standing, self._ink, sweeps)
        return np.asarray(refined[0].cpu().numpy(), np.int64)

    def free(self) -> None:
        if self.device != "cpu":
            card_memory.free()

    def _tensor(self, pages: Array) -> Tensor:
        """(B, H, W) to (B, 1, H, W), on the device."""
        return torch.from_numpy(np.ascontiguousarray(pages))[:, None].to(self.device)


def _array(values: Tensor) -> Array:
    return np.asarray(values.float().cpu().numpy(), np.float32)
