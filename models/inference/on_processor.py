"""The network by ONNX Runtime, and everything around it by NumPy: a processor draws without PyTorch.

A weights file's tensors become a graph here (models.inference.graph), first in single precision. A few pages go
through it, which give the ranges of its activations, and a graph in bytes is made of those. If that one sets the
same character in enough cells of the same pages, it draws from then on, two to three times as fast; else the first
one does. So each weights file is judged by itself, the latest upload as well.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.arrays import refinement
from models.arrays.focus import compose, refined
from models.arrays.planes import shrunk
from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.inference.graph import page_graph, subject_graph
from models.inference.runtime import Array
from models.nn.architecture import SIDE
from models.weights_file import LoadedWeights

LEAST_SAME: Final = 0.98
"""Share of cells with the same character that bytes must reach on the bundled photos, or single precision stays.

Readers saw no difference then (docs/evaluation.md).
"""


class OnProcessor:
    """A Runtime. `same` is the share of cells in which bytes chose as single precision does, if they were tried."""

    device = "cpu"

    def __init__(
        self, weights: LoadedWeights, pages: Callable[[], Sequence[Array]] | None, threads: int | None = None
    ) -> None:
        """Without `pages` it stays in single precision."""
        self._atlas, self._threads, self.same = weights.atlas, threads, 0.0
        config = weights.config
        tensors = {name: np.asarray(values, np.float32) for name, values in weights.tensors.items()}
        self._subject = self._session(subject_graph(tensors)) if config.has_subject else None
        data, watched = page_graph(config, tensors)
        self._page, self.precision = self._session(data), "fp32"
        if pages is None or config.head == "pixels":  # whose levels lie closer together than bytes can tell
            return
        cells = [_cells(page[None]) for page in pages()]
        exact, seen = zip(*(_characters(self._page, page) for page in cells), strict=True)
        ends = np.cumsum([channels for _, channels in watched])
        ranges = dict(zip((name for name, _ in watched), np.split(np.max(seen, 0), ends[:-1]), strict=True))
        in_bytes = self._session(page_graph(config, tensors, ranges)[0])
        same = [_characters(in_bytes, page)[0] == there for page, there in zip(cells, exact, strict=True)]
        self.same = sum(int(page.sum()) for page in same) / sum(page.size for page in same)
        if self.same >= LEAST_SAME:
            self._page, self.precision = in_bytes, "int8"
        self.free()

    def subject(self, tone: Array) -> Array:
        if self._subject is None:
            return np.zeros((len(tone), 1, 1), np.float32)
        small = shrunk(tone, SIDE, SIDE) * 2 - 1
        line = np.linspace(-1, 1, SIDE, dtype=np.float32)
        middle = np.broadcast_to(line[:, None] ** 2 + line**2, small.shape)
        (found,) = self._subject.run(None, {"seen": np.stack((small, middle), 1)}, _given_back(len(tone)))
        return refined(found[:, 0], tone)

    def compose(self, tone: Array, subject: Array, focus: Array) -> Array:
        return compose(tone, subject, focus)

    def logits(self, tone: Array) -> Array:
        rows, columns = tone.shape[1] // CELL_HEIGHT, tone.shape[2] // CELL_WIDTH
        logits: Array = self._page.run(["logits"], {"cells": _cells(tone)}, _given_back(len(tone)))[0]
        return logits[:, :rows, :columns]

    def refine(self, tone: Array, glyphs: NDArray[np.int64], sweeps: int) -> NDArray[np.int64]:
        return refinement.refine(tone, glyphs, self._atlas, sweeps)

    def free(self) -> None:
        """Give back what loading took: three times what a loaded network needs, and little returns by itself."""
        if sys.platform == "linux":
            with suppress(AttributeError, OSError):  # another C library than glibc
                ctypes.CDLL(None).malloc_trim(0)

    def _session(self, graph: bytes) -> Any:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = self._threads or _threads_asked_for()
        # Threads that wait for work must not spin: other processes share these cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _given_back(pages: int) -> Any:
    """How to run a batch: ONNX Runtime gives its memory back after it, which it else keeps for good.

    A single page, as most are, keeps it for the next one.
    """
    if pages == 1:
        return None
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _threads_asked_for() -> int:
    """OMP_NUM_THREADS, which NumPy obeys by itself; 0 leaves it to ONNX Runtime."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() else 0


def _characters(session: Any, cells: Array) -> tuple[NDArray[np.int64], Array]:
    """The characters that a graph sets, and what it says of watched values, if it does."""
    logits, *watched = session.run(None, {"cells": cells})
    return logits.argmax(-1), *watched


def _cells(tone: Array) -> Array:
    """Pages of tone, (B, rows · 16, columns · 8) in [0, 1], as the graph reads them.

    The grid halves twice: short edges are continued by their last cells.
    """
    batch, height, width = tone.shape
    rows, columns = height // CELL_HEIGHT, width // CELL_WIDTH
    cells = np.empty((batch, CELL_HEIGHT, CELL_WIDTH, rows + -rows % 4, columns + -columns % 4), np.float32)
    cut = tone.reshape(batch, rows, CELL_HEIGHT, columns, CELL_WIDTH).transpose(0, 2, 4, 1, 3)
    np.multiply(cut, 2, out=cells[..., :rows, :columns])
    cells[..., :rows, :columns] -= 1
    cells[..., :rows, columns:] = cells[..., :rows, columns - 1 : columns]
    cells[..., rows:, :] = cells[..., rows - 1 : rows, :]
    return cells.reshape(batch, CELL_HEIGHT * CELL_WIDTH, *cells.shape[3:])
