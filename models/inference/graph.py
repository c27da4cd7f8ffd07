"""A generator as ONNX graphs, made of a weights file's tensors alone: the page's network, and the subject branch.

So any weights file can be drawn with where there is no PyTorch. Where the ranges of the activations are known, a
graph computes the 3×3 convolutions of its blocks in bytes: activations in 8 bits, weights in 7 (with 8, a processor
without VNNI clips the sum of two products), each channel with a scale of its own. That of a channel that a
convolution reads becomes a part of its weights. The residual path stays in single precision, and so do all that
decides on a glyph and the first convolution, in which bytes cost most characters and save least time
(bench/RESULTS.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

from models.atlas import CELL_HEIGHT, CELL_WIDTH
from models.nn.architecture import GROUPS, LEAK, OCTAVES, SIDE, SUBJECT_WIDTHS, GeneratorConfig

OPSET: Final = 19
IR_VERSION: Final = 9
CONTRIBUTED: Final = "com.microsoft"
"""ONNX Runtime's own operators."""
MOST_WEIGHT: Final = 63
MOST, ZERO = 127, 128
"""The greatest activation in bytes, and the byte that stands for 0."""
MARGIN: Final = 1.25
"""Another picture's activations may be so much greater than those that were seen."""
LEAKY_STEP, LEAKY_ZERO = 0.6, 43
"""The same for what a leaky rectifier makes of -128 to 127: -25.6 to 127, on all bytes."""

Tensors = Mapping[str, NDArray[np.float32]]
Ranges = Mapping[str, NDArray[np.float32]]
"""The greatest magnitude in each channel of what a convolution in bytes reads (`name`) and writes (`name.out`)."""
Watched = list[tuple[str, int]]
"""Such names, and how many channels each has."""


def page_graph(config: GeneratorConfig, tensors: Tensors, ranges: Ranges | None = None) -> tuple[bytes, Watched]:
    """Cells to logits, as `Generator.set_type` between its cutting into cells and out of them.

    The input `cells` is (B, 16 · 8, rows, columns) tone in [-1, 1], rows and columns multiples of 4; the output
    `logits` (B, rows, columns, outputs). Without `ranges` all is in single precision, and the output `watched` has
    them, one value after the other as the list says that is returned, too.
    """
    graph = _Graph(tensors, ranges)
    full = graph.block(graph.exact("cells", "stem"), "down_full")
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
    return graph.finished("cells", ("B", CELL_HEIGHT * CELL_WIDTH, "rows", "columns"), logits, "logits")


def subject_graph(tensors: Tensors) -> bytes:
    """The subject branch: a picture `seen` small, (B, 2, SIDE, SIDE), to a `map`, (B, 1, MAP_SIDE, MAP_SIDE).

    The picture's two channels are tone in [-1, 1] and the distance from the middle; the map is in [0, 1].
    """
    graph = _Graph(tensors, None, "subject_branch.")
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


def _waves(graph: "_Graph") -> Sequence[str]:
    """Each cell's mean tone, its sines and its cosines, as models.nn.generator makes them."""
    mean = graph.add("ReduceMean", "cells", graph.constant((1,), np.int64), keepdims=1)
    octaves = graph.constant((np.pi * 2.0 ** np.arange(OCTAVES))[:, None, None])
    angles = graph.add("Mul", mean, octaves)
    return mean, graph.add("Sin", angles), graph.add("Cos", angles)


class _Graph:
    """Nodes and constants, as they are added; a node's value has the name that adding it returns."""

    def __init__(self, tensors: Tensors, ranges: Ranges | None, prefix: str = "") -> None:
        self._tensors, self._ranges, self._prefix = tensors, ranges, prefix
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._watched: dict[str, tuple[str, int]] = {}

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], domain=domain, **attributes))
        return name

    def constant(self, values: ArrayLike, kind: type[np.generic] = np.float32) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(np.asarray(values, kind)), name))
        return name

    def tensor(self, name: str) -> NDArray[np.float32]:
        return self._tensors[self._prefix + name]

    def finished(
        self, input: str, shape: Sequence[int | str], output: str, output_name: str
    ) -> tuple[bytes, Watched]:
        """The graph's bytes, and what is watched."""
        names = {output: output_name}
        if self._watched:
            axes = self.constant((0, 2, 3), np.int64)
            most = [
                self.add("ReduceMax", self.add("Abs", value), axes, keepdims=0)
                for value, _ in self._watched.values()
            ]
            names[self.add("Concat", *most, axis=0)] = "watched"
        for value, name in names.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names.values()]
        inputs = [helper.make_tensor_value_info(input, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self._nodes, "generator", inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        return model.SerializeToString(), [(name, channels) for name, (_, channels) in self._watched.items()]

    # --- layers, with the names of models.nn ------------------------------------------------------------------

    def convolution(self, x: str, name: str, *, stride: int = 1) -> str:
        """One in single precision. It finds zeros beyond the edge."""
        weight, bias = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        margin = (weight.shape[2] - 1) // 2
        parts = map(self.constant, (weight, bias))
        return self.add("Conv", x, *parts, strides=[stride] * 2, pads=[margin] * 4)

    def norm(self, x: str, name: str) -> str:
        """Each group of channels to mean 0 and deviation 1, then scaled: torch.nn.GroupNorm."""
        weight, bias = (self.constant(self.tensor(f"{name}.{part}")[:, None, None]) for part in ("weight", "bias"))
        return self.add("Add", self.add("Mul", self.even(x), weight), bias)

    def even(self, x: str) -> str:
        """The first half of that."""
        groups = self.add("Reshape", x, self.constant((0, GROUPS, -1), np.int64))
        ones, zeros = self.constant(np.ones(GROUPS)), self.constant(np.zeros(GROUPS))
        even = self.add("InstanceNormalization", groups, ones, zeros, epsilon=1e-5)
        return self.add("Reshape", even, self.add("Shape", x))

    def leaky(self, x: str) -> str:
        return self.add("LeakyRelu", x, alpha=LEAK)

    def twice(self, x: str) -> str:
        """The same at twice the resolution, bilinear."""
        scales = self.constant((1, 1, 2, 2))
        return self.add("Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")

    def exact(self, x: str, name: str, norm: str = "") -> str:
        """A 3×3 convolution in single precision, that finds more of the edge beyond it."""
        weight, bias = self._parts(name, norm)
        return self.add("Conv", self._padded(x), self.constant(weight), self.constant(bias))

    def watched(self, x: str, name: str, norm: str = "") -> str:
        """The same, whose ranges are told."""
        outside, inside, *_ = self.tensor(f"{name}.weight").shape
        self._watched[name] = x, inside
        x = self.exact(x, name, norm)
        self._watched[f"{name}.out"] = x, outside
        return x

    def block(self, x: str, name: str, *, edges: str = "replicate") -> str:
        """As models.nn.layers.Block."""
        norm, first, second = f"{name}.norm", f"{name}.first", f"{name}.second"
        if edges == "zeros":
            inner = self.convolution(self.leaky(self.convolution(self.norm(x, norm), first)), second)
        elif self._ranges is None:
            inner = self.watched(self.leaky(self.watched(self.even(x), first, norm)), second)
        else:
            inner = self._in_bytes(self._to_bytes(self.even(x), first), first, norm)
            scales = *self._byte(1, ZERO), *self._byte(LEAKY_STEP, LEAKY_ZERO)
            inner = self.add("QLinearLeakyRelu", inner, *scales, domain=CONTRIBUTED, alpha=LEAK)
            inner = self._from_bytes(self._in_bytes(inner, second, after=first), second)
        return self.add("Add", x, inner)

    # --- bytes ------------------------------------------------------------------------------------------------

    def _padded(self, x: str) -> str:
        return self.add("Pad", x, self.constant((0, 0, 1, 1, 0, 0, 1, 1), np.int64), mode="edge")

    def _parts(self, name: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A convolution's weight and bias, and in them the second half of the norm before it, if there is one.

        That half scales each channel, which what is beyond a replicated edge has been as well.
        """
        weight, bias = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        if norm:
            scale, offset = self.tensor(f"{norm}.weight"), self.tensor(f"{norm}.bias")
            bias = bias + (weight.sum((2, 3)) * offset).sum(1)
            weight = weight * scale[:, None, None]
        return weight, bias

    def _steps(self, name: str) -> NDArray[np.float32]:
        """What one step of a byte is in each channel of an activation."""
        assert self._ranges is not None  # noqa: S101
        steps = self._ranges[name] * np.float32(MARGIN / MOST)
        return np.asarray(np.maximum(steps, np.float32(1e-6)), np.float32)

    def _byte(self, step: ArrayLike, zero: int) -> tuple[str, str]:
        """A scale and its zero point."""
        return self.constant(step), self.constant(np.full(np.shape(step), zero), np.uint8)

    def _to_bytes(self, x: str, name: str) -> str:
        return self.add("QuantizeLinear", x, *self._byte(self._steps(name), ZERO), axis=1)

    def _from_bytes(self, x: str, name: str) -> str:
        return self.add("DequantizeLinear", x, *self._byte(self._steps(f"{name}.out"), ZERO), axis=1)

    def _in_bytes(self, x: str, name: str, norm: str = "", after: str = "") -> str:
        """Bytes, as `name` reads them, or as the rectifier `after` another writes them, to what `name` writes."""
        weight, bias = self._parts(name, norm)
        read, written = self._steps(f"{after}.out" if after else name), self._steps(f"{name}.out")
        step, zero = (LEAKY_STEP, LEAKY_ZERO) if after else (1, ZERO)
        weight = weight * read[:, None, None]
        scale = np.maximum(np.abs(weight).max((1, 2, 3)), np.float32(1e-12)) / np.float32(MOST_WEIGHT)
        # A channel with next to no weights has coarser ones, lest its bias has more than 32 bits.
        scale = np.maximum(scale, np.abs(bias) / np.float32(step * 2**30))
        return self.add(
            "QLinearConv",
            self._padded(x),
            *self._byte(step, zero),
            self.constant(np.rint(weight / scale[:, None, None, None]), np.int8),
            self.constant(scale / written),
            self.constant(np.zeros(len(scale)), np.int8),
            *self._byte(1, ZERO),
            self.constant(np.rint(bias / (scale * np.float32(step))), np.int32),
        )
