"""The warm model: chosen device, weights loaded once, replaced whole while jobs run on the old one.

A job takes `engine.renderer` once and keeps that object to its end, so replacing the attribute is all a
reload needs: the job in hand finishes on what it started with, the next one starts on the new weights.
"""

import logging
import time
from pathlib import Path

import numpy as np
import torch

from models import limits
from models.renderer import Renderer, WeightsError, find_weights

_log = logging.getLogger(__name__)


class Engine:
    """One renderer on one device; `renderer` is the one to use for the next job."""

    def __init__(self, name: str, folder: Path | None, device: str) -> None:
        """Load and warm the weights `name`. Raises WeightsError."""
        self._name = name
        self._folder = folder
        self._device = device
        self.renderer = self._load()

    def reload(self) -> float:
        """Load the file again beside the running model, then put it in its place; milliseconds it took.

        Raises WeightsError, and then the old model stays.
        """
        start = time.perf_counter()
        self.renderer = self._load()
        return (time.perf_counter() - start) * 1000

    def is_lost(self) -> bool:
        """Whether the device is gone: after some CUDA errors no call in the process ever succeeds again."""
        try:
            self.renderer.grid(np.zeros((64, 64), np.float32), columns=limits.MIN_COLUMNS)
        except torch.OutOfMemoryError:
            return False  # others fill it now, and may leave
        except Exception:
            _log.exception("engine broken device=%s", self._device)
            return True
        return False

    def _load(self) -> Renderer:
        renderer = Renderer(find_weights(self._name, self._folder), self._device)
        try:
            # The first forward pass allocates and picks kernels; no user should wait for that, and a model
            # that cannot draw must not replace one that can.
            renderer.grid(np.zeros((512, 512), np.float32), columns=limits.DEFAULT_COLUMNS)
        except Exception as error:
            raise WeightsError(f"{self._name} loads but does not draw ({type(error).__name__}: {error})") from error
        return renderer
