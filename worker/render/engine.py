"""The warm models of one worker: the default, and the styles asked for most recently.

A job takes one renderer and keeps it to its end, so exchanging a model is a matter of one reference: the job in
hand finishes on what it started with, the next one starts on what is there then.
"""

import hashlib
import logging
import os
import resource
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from prometheus_client import Histogram

from jobs.observability.metrics import PREFIX
from models import limits
from models.formats import picture_columns
from models.inference.runtime import OutOfMemory
from models.rendering.renderer import Renderer
from models.weights_file import WeightsError, find_weights, read_bytes, read_weights
from worker.render.weights_source import WeightsSource

_log = logging.getLogger(__name__)

MODEL_LOADED: Final = Histogram(
    f"{PREFIX}model_load_seconds", "Loading a model and trying it.", buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
)
WARM_UP: Final = np.linspace(0, 1, 512 * 512, dtype=np.float32).reshape(512, 512)
"""A tone with something to decide; of a flat one the network never hears."""
SPARE: Final = 1.25
"""A model needs this much of what the first one needed, for what PyTorch loses between blocks."""


@dataclass(frozen=True)
class Loaded:
    """A model on its device, warm. `kept` are the bytes it was made from, None where a shipped file has them."""

    renderer: Renderer
    kept: bytes | None

    @property
    def name(self) -> str:
        return self.renderer.name

    @property
    def sha256(self) -> str:
        return self.renderer.sha256

    @property
    def data(self) -> bytes:
        """What a Redis that lost the model gets back.

        Raises WeightsError if the shipped file cannot be read, or an update has put another in its place.
        """
        if self.kept is not None:
            return self.kept
        data = read_bytes(find_weights(self.name, None))
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise WeightsError(f"{self.name} on this machine has changed since this worker started; restart it")
        return data


class Engine:
    """Up to `keep` models on one device. Its methods may be called by several threads: work, reloads, heartbeat."""

    def __init__(
        self, weights_source: WeightsSource, device: str, *, keep: int = 3, threads: int | None = None
    ) -> None:
        self.weights_source = weights_source
        self.device = device
        self._keep, self._threads = keep, threads
        self._lock = threading.Lock()
        self._warm: OrderedDict[str, Loaded] = OrderedDict()  # the most recently used last
        self._needs = 0
        self.default = ""

    @property
    def renderer(self) -> Renderer:
        """The default's renderer. Raises WeightsError while it is exchanged without room for two."""
        return self.renderer_for(None)

    def renderer_for(self, style: str | None) -> Renderer:
        """The renderer of a style, by default of the default one; loaded now if it is not warm.

        Raises WeightsError, and ServiceProblem `unknown_style` with the names there are.
        """
        name = style or self.default
        with self._lock:
            if name in self._warm:
                self._warm.move_to_end(name)
                return self._warm[name].renderer
        self.make_room()
        loaded = self.load(name, self.weights_source.current(name))
        with self._lock:
            # Meanwhile the thread of reloads may have put a newer version there.
            loaded = self._warm.setdefault(name, loaded)
            self._warm.move_to_end(name)
            self._drop_the_longest_unused()
        return loaded.renderer

    def loaded(self) -> list[Loaded]:
        """The models that are warm, the default first."""
        with self._lock:
            return sorted(self._warm.values(), key=lambda loaded: (loaded.name != self.default, loaded.name))

    def load(self, name: str, data: bytes, device: str | None = None) -> Loaded:
        """Load a model beside those there are, and try it; nothing uses it yet. Raises WeightsError.

        `device` is for another than the engine's own.
        """
        begun = time.monotonic()
        before = self._card_memory()["allocated"] if self.device == "cuda" else 0
        weights = read_weights(data, name)
        try:
            renderer = Renderer(weights, device or self.device, threads=self._threads)
            # The first forward pass allocates and picks kernels; no user should wait for that, and a model
            # that cannot draw must not replace one that can.
            renderer.grid(WARM_UP, columns=picture_columns(*WARM_UP.shape))
        except Exception as error:
            raise WeightsError(f"{name} loads but does not draw ({type(error).__name__}: {error})") from error
        if not self._needs and self.device == "cuda":
            self._needs = self._card_memory()["peak"] - before
        MODEL_LOADED.observe(time.monotonic() - begun)
        return Loaded(renderer, None if _is_shipped(name, data) else data)

    def put(self, loaded: Loaded, *, default: bool = False) -> None:
        """Let a model draw from now on, in the place of another version of it, or also as the default."""
        with self._lock:
            if default:
                self.default = loaded.name
            self._warm[loaded.name] = loaded
            self._warm.move_to_end(loaded.name)
            self._drop_the_longest_unused()

    def take_out(self, name: str) -> bytes | None:
        """Drop a model, and give its memory back; its bytes. Only while no job runs.

        Raises WeightsError, and keeps the model, if the bytes are gone that lead back to it.
        """
        with self._lock:
            loaded = self._warm.get(name)
        data = None if loaded is None else loaded.data  # from a file, which may take long
        with self._lock:
            self._warm.pop(name, None)
        self._free()
        return data

    def make_room(self) -> None:
        """While there is no room for one more model, drop the longest unused, but not the default."""
        while not self.fits():
            with self._lock:
                unused = next((name for name in self._warm if name != self.default), None)
                if unused is None:
                    return
                del self._warm[unused]
            self._free()

    def fits(self) -> bool:
        """Whether the device has room for one more model like the first one."""
        if self.device != "cuda":
            return True
        memory = self._card_memory()
        return memory["free"] + memory["reserved"] - memory["allocated"] > SPARE * self._needs

    def memory_mb(self) -> int:
        """Megabytes: of the GPU for a model on one, else of this process."""
        if self.device == "cuda":
            return self._card_memory()["reserved"] // 2**20
        try:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
        except (OSError, IndexError, ValueError):  # not Linux: the most there ever was
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            return peak // (2**20 if sys.platform == "darwin" else 2**10)

    def is_lost(self) -> bool:
        """Whether the device is gone: after some CUDA errors no call in the process ever succeeds again."""
        try:
            self.renderer.grid(np.zeros((64, 64), np.float32), columns=limits.MIN_COLUMNS)
        except OutOfMemory:
            return False  # others fill it now, and may leave
        except Exception:
            _log.exception("engine broken device=%s", self.device)
            return True
        return False

    def _drop_the_longest_unused(self) -> None:
        unused = [name for name in self._warm if name != self.default]
        for name in unused[: max(0, len(self._warm) - self._keep)]:
            del self._warm[name]

    def _free(self) -> None:
        if self.device == "cuda":
            from models.inference import card_memory  # noqa: PLC0415

            card_memory.free()

    def _card_memory(self) -> dict[str, int]:
        # Imported only here, and only with a card: a worker on a processor needs no PyTorch.
        from models.inference import card_memory  # noqa: PLC0415

        return card_memory.memory()


def _is_shipped(name: str, data: bytes) -> bool:
    """Whether the file of that name that comes with the package is this one."""
    try:
        return read_bytes(find_weights(name, None)) == data
    except WeightsError:
        return False
