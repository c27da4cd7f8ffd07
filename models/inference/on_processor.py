"""The network by ONNX Runtime, and everything around it by NumPy: a processor draws without PyTorch.

Its graphs are made of a weights file's tensors (models.inference.making), and kept for the next start
(models.inference.kept_graphs).
"""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.arrays import refinement
from models.arrays.focus import compose, refined
from models.arrays.planes import shrunk
from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas
from models.inference.memory import give_back
from models.inference.runtime import Array
from models.nn.architecture import SIDE


@dataclass(frozen=True)
class Graphs:
    """What ONNX Runtime computes: the page's network, and the subject branch if there is one.

    `precision` is that of the page's, fp32 or int8; `same` the share of cells in which bytes chose as single
    precision does, 0 if they were not tried.
    """

    page: bytes
    subject: bytes | None
    precision: str
    same: float


class OnProcessor:
    """A Runtime. `same` is as in Graphs."""

    device = "cpu"

    def __init__(self, graphs: Graphs, atlas: Atlas, threads: int | None = None) -> None:
        self._atlas, self.precision, self.same = atlas, graphs.precision, graphs.same
        self._subject = session(graphs.subject, threads) if graphs.subject is not None else None
        self._page = session(graphs.page, threads)

    def subject(self, tone: Array) -> Array:
        if self._subject is None:
            return np.zeros((len(tone), 1, 1), np.float32)
        small = shrunk(tone, SIDE, SIDE) * 2 - 1
        line = np.linspace(-1, 1, SIDE, dtype=np.float32)
        middle = np.broadcast_to(line[:, None] ** 2 + line**2, small.shape)
        (found,) = self._subject.run(None, {"seen": np.stack((small, middle), 1)})
        return refined(found[:, 0], tone)

    def compose(self, tone: Array, subject: Array, focus: Array) -> Array:
        return compose(tone, subject, focus)

    def logits(self, tone: Array) -> Array:
        rows, columns = tone.shape[1] // CELL_HEIGHT, tone.shape[2] // CELL_WIDTH
        logits: Array = self._page.run(["logits"], page_input(self._page, tone))[0]
        if (
            len(tone) > 1
        ):  # a batch takes hundreds of megabytes; a page, as most are alone, keeps its own for the next
            self.free()
        return logits[:, :rows, :columns]

    def refine(self, tone: Array, glyphs: NDArray[np.int64], sweeps: int) -> NDArray[np.int64]:
        return refinement.refine(tone, glyphs, self._atlas, sweeps)

    def free(self) -> None:
        """Give back what loading took, of which little returns by itself."""
        give_back()


def session(graph: bytes, threads: int | None) -> Any:
    """A graph ready to run, on so many threads of the processor; None leaves that to OMP_NUM_THREADS."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.inter_op_num_threads = 1
    # Its own arena keeps all that the largest page ever took, beside the C library's.
    options.enable_cpu_mem_arena = False
    options.intra_op_num_threads = threads or _threads_asked_for()
    # Threads that wait for work must not spin: other processes share these cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _threads_asked_for() -> int:
    """OMP_NUM_THREADS, which NumPy obeys by itself; 0 leaves it to ONNX Runtime."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() else 0


def page_input(network: Any, tone: Array) -> dict[str, NDArray[Any]]:
    """Pages of tone, (B, rows · 16, columns · 8) in [0, 1], as a page's graph reads them (models.inference.graph).

    The grid halves twice: short edges are continued by their last cells.
    """
    (told,) = network.get_inputs()
    return {told.name: _patches_of(tone) if told.name == "patches" else _cells_of(tone)}


def _patches_of(tone: Array) -> NDArray[np.uint8]:
    batch, height, width = tone.shape
    rows, columns = height // CELL_HEIGHT, width // CELL_WIDTH
    pixels = CELL_HEIGHT * CELL_WIDTH
    high, wide = rows + -rows % 4, columns + -columns % 4
    cells = np.empty((batch, high + 2, wide + 2, pixels), np.uint8)
    tones = tone * np.float32(255)
    tones += np.float32(0.5)
    cut = tones.reshape(batch, rows, CELL_HEIGHT, columns, CELL_WIDTH).swapaxes(2, 3)
    inside = cells.reshape(batch, high + 2, wide + 2, CELL_HEIGHT, CELL_WIDTH)[:, 1 : rows + 1, 1 : columns + 1]
    np.copyto(inside, cut, casting="unsafe")
    lines = cells[:, 1 : rows + 1]
    lines[:, :, 0], lines[:, :, columns + 1 :] = lines[:, :, 1], lines[:, :, columns, None]
    cells[:, 0], cells[:, rows + 1 :] = cells[:, 1], cells[:, rows, None]
    # Three cells side by side lie one after the other already.
    seen = sliding_window_view(cells.reshape(batch, high + 2, -1), (3, 3 * pixels), (1, 2))[:, :, ::pixels]
    return seen.reshape(batch, high, wide, 9 * pixels)


def _cells_of(tone: Array) -> Array:
    batch, height, width = tone.shape
    rows, columns = height // CELL_HEIGHT, width // CELL_WIDTH
    cells = np.empty((batch, CELL_HEIGHT, CELL_WIDTH, rows + -rows % 4, columns + -columns % 4), np.float32)
    cut = tone.reshape(batch, rows, CELL_HEIGHT, columns, CELL_WIDTH).transpose(0, 2, 4, 1, 3)
    np.multiply(cut, 2, out=cells[..., :rows, :columns])
    cells[..., :rows, :columns] -= 1
    cells[..., :rows, columns:] = cells[..., :rows, columns - 1 : columns]
    cells[..., rows:, :] = cells[..., rows - 1 : rows, :]
    return cells.reshape(batch, CELL_HEIGHT * CELL_WIDTH, *cells.shape[3:])
