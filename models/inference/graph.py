"""A generator as ONNX graphs, made of a weights file's tensors alone: the page's network, and the subject branch.

So any weights file can be drawn with where there is no PyTorch. Where the ranges of the activations are known, a
graph computes the 3×3 convolutions of a page's blocks, and the first one, in bytes (models.inference.layers). All
that decides on a glyph stays in single precision.
"""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.inference.layers import Graph, Ranges, Tensors, Watched
from models.nn.architecture import OCTAVES, SIDE, SUBJECT_WIDTHS, GeneratorConfig


def page_graph(config: GeneratorConfig, tensors: Tensors, ranges: Ranges | None = None) -> tuple[bytes, Watched]:
    """Cells to logits, as `Generator.set_type` between its cutting into cells and out of them.

    The input `cells` is (B, 16 · 8, rows, columns) tone in [-1, 1], rows and columns multiples of 4; the output
    `logits` (B, rows, columns, outputs). Without `ranges` all is in single precision, and the output `watched` has
    them, one value after the other as the list says that is returned, too.

    With `ranges`, for the head `glyphs` alone, the input is `patches`, (B, rows, columns, 9 · 16 · 8) bytes: each
    cell's tone and that of those around it, row by row.
    """
    graph = Graph(tensors, ranges)
    first = graph.exact("cells", "stem") if ranges is None else graph.of_patches("patches", "stem")
    full = graph.block(first, "down_full")
    half = graph.block(graph.convolution(full, "to_half", stride=2), "down_half")
    deep = graph.convolution(half, "to_quarter", stride=2)
    for number in range(config.blocks):
        deep = graph.block(deep, f"deep.{number}")
    half = graph.add("Add", half, graph.twice(graph.convolution(deep, "from_quarter")))
    half = graph.block(half, "up_half")
    full = graph.add("Add", full, graph.twice(graph.convolution(half, "from_half")))
    for number in range(config.blocks):
        full = graph.block(full, f"up_full.{number}")
    full = graph.leaky(graph.norm(full, "norm"))
    if config.head == "glyphs":
        logits = graph.convolution(full, "head")
    else:
        inner = graph.leaky(graph.convolution(graph.add("Concat", full, *_waves(graph), axis=1), "head.0"))
        logits = graph.convolution(graph.leaky(graph.convolution(inner, "head.2")), "head.4")
    logits = graph.add("Transpose", logits, perm=(0, 2, 3, 1))
    pixels = CELL_HEIGHT * CELL_WIDTH
    if ranges is None:
        return graph.finished("cells", ("B", pixels, "rows", "columns"), logits, "logits")
    return graph.finished("patches", ("B", "rows", "columns", 9 * pixels), logits, "logits", TensorProto.UINT8)


def subject_graph(tensors: Tensors) -> bytes:
    """The subject branch: a picture `seen` small, (B, 2, SIDE, SIDE), to a `map`, (B, 1, MAP_SIDE, MAP_SIDE).

    The picture's two channels are tone in [-1, 1] and the distance from the middle; the map is in [0, 1].
    """
    graph = Graph(tensors, None, "subject_branch.")
    x, levels = "seen", []
    for number in range(len(SUBJECT_WIDTHS)):
        x = graph.block(graph.convolution(x, f"down.{number}", stride=2), f"blocks.{number}", edges="zeros")
        levels.append(x)
    whole = graph.add("ReduceMean", x, graph.constant((2, 3), np.int64), keepdims=1)
    linear = graph.tensor("whole.weight")[:, :, None, None], graph.tensor("whole.bias")
    x = graph.add("Add", x, graph.add("Conv", whole, *map(graph.constant, linear)))
    x = graph.block(x, "deep", edges="zeros")
    for number in reversed(range(len(SUBJECT_WIDTHS) - 1)):
        larger = graph.twice(graph.convolution(x, f"up.{number}"))
        x = graph.block(graph.add("Add", levels[number], larger), f"mend.{number}", edges="zeros")
    found = graph.add("Sigmoid", graph.convolution(graph.leaky(x), "head"))
    return graph.finished("seen", ("B", 2, SIDE, SIDE), found, "map")[0]


def _waves(graph: Graph) -> Sequence[str]:
    """Each cell's mean tone, its sines and its cosines, as models.nn.generator makes them."""
    mean = graph.add("ReduceMean", "cells", graph.constant((1,), np.int64), keepdims=1)
    octaves = graph.constant((np.pi * 2.0 ** np.arange(OCTAVES))[:, None, None])
    angles = graph.add("Mul", mean, octaves)
    return mean, graph.add("Sin", angles), graph.add("Cos", angles)
