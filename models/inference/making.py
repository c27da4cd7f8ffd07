"""A weights file's tensors to the graphs that a processor draws with.

They become a graph first in single precision (models.inference.graph). A few pages go through it, which give the
ranges of its activations, and a graph in bytes is made of those. If that one sets the same character in enough
cells of the same pages, it draws from then on, two to three times as fast; else the first one does. So each weights
file is judged by itself, the latest upload as well.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.inference.graph import page_graph, subject_graph
from models.inference.on_processor import Graphs, page_input, session
from models.inference.runtime import Array
from models.weights_file import LoadedWeights

LEAST_SAME: Final = 0.98
"""Share of cells with the same character that bytes must reach on the bundled photos, or single precision stays.

Readers saw no difference then (docs/evaluation.md).
"""


def make(weights: LoadedWeights, pages: Sequence[Array], threads: int | None = None) -> Graphs:
    """The graphs of a weights file; without `pages`, each (H, W) tone, in single precision."""
    config = weights.config
    tensors = {name: np.asarray(values, np.float32) for name, values in weights.tensors.items()}
    subject = subject_graph(tensors) if config.has_subject else None
    watching, watched = page_graph(config, tensors)
    in_single = Graphs(watching, subject, "fp32", 0.0)
    if not pages or config.head == "pixels":  # whose levels lie closer together than bytes can tell
        return in_single
    network = session(watching, threads)
    exact, seen = zip(*(_characters(network, page) for page in pages), strict=True)
    ends = np.cumsum([channels for _, channels in watched])
    ranges = dict(zip((name for name, _ in watched), np.split(np.max(seen, 0), ends[:-1]), strict=True))
    in_bytes, _ = page_graph(config, tensors, ranges)
    network = session(in_bytes, threads)
    agree = [_characters(network, page)[0] == there for page, there in zip(pages, exact, strict=True)]
    same = sum(int(page.sum()) for page in agree) / sum(page.size for page in agree)
    good = same >= LEAST_SAME
    return Graphs(in_bytes if good else watching, subject, "int8" if good else "fp32", same)


def _characters(network: Any, page: Array) -> tuple[NDArray[np.int64], Array]:
    """The characters that a graph sets on a page of tone, and what it says of watched values, if it does."""
    logits, *watched = network.run(None, page_input(network, page[None]))
    return logits.argmax(-1), *watched
