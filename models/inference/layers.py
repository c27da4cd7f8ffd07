"""The layers of a graph, as nodes of ONNX with the names of models.nn, in single precision or in bytes.

In bytes are the 3×3 convolutions of blocks: activations in 8 bits, weights in 7 (with 8, a processor without VNNI
clips the sum of two products), each channel with a scale of its own. That of a channel that a convolution reads
becomes a part of its weights. The residual path stays in single precision, so the first convolution of a page,
which begins it, reads bytes and writes single precision.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

from models.nn.architecture import GROUPS, LEAK

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


class Graph:
    """Nodes and constants, as they are added; a node's value has the name that adding it returns."""

    def __init__(self, tensors: Tensors, ranges: Ranges | None, prefix: str = "") -> None:
        self._tensors, self._ranges, self._prefix = tensors, ranges, prefix
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._seen: dict[str, tuple[str, int]] = {}

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
        self, input: str, shape: Sequence[int | str], output: str, output_name: str, kind: int = TensorProto.FLOAT
    ) -> tuple[bytes, Watched]:
        """The graph's bytes, and what is watched."""
        names = {output: output_name}
        if self._seen:
            axes = self.constant((0, 2, 3), np.int64)
            most = [
                self.add("ReduceMax", self.add("Abs", value), axes, keepdims=0) for value, _ in self._seen.values()
            ]
            names[self.add("Concat", *most, axis=0)] = "watched"
        for value, name in names.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names.values()]
        inputs = [helper.make_tensor_value_info(input, kind, shape)]
        graph = helper.make_graph(self._nodes, "generator", inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        return model.SerializeToString(), [(name, channels) for name, (_, channels) in self._seen.items()]

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

    def block(self, x: str, name: str, *, edges: str = "replicate") -> str:
        """As models.nn.layers.Block."""
        norm, first, second = f"{name}.norm", f"{name}.first", f"{name}.second"
        if edges == "zeros":
            inner = self.convolution(self.leaky(self.convolution(self.norm(x, norm), first)), second)
        elif self._ranges is None:
            inner = self._watched(self.leaky(self._watched(self.even(x), first, norm)), second)
        else:
            inner = self._in_bytes(self._to_bytes(self.even(x), first), first, norm)
            scales = *self._byte(1, ZERO), *self._byte(LEAKY_STEP, LEAKY_ZERO)
            inner = self.add("QLinearLeakyRelu", inner, *scales, domain=CONTRIBUTED, alpha=LEAK)
            inner = self._from_bytes(self._in_bytes(inner, second, after=first), second)
        return self.add("Add", x, inner)

    def exact(self, x: str, name: str, norm: str = "") -> str:
        """A 3×3 convolution in single precision, that finds more of the edge beyond it."""
        weight, bias = self._parts(name, norm)
        return self.add("Conv", self._padded(x), self.constant(weight), self.constant(bias))

    def _watched(self, x: str, name: str, norm: str = "") -> str:
        """The same, whose ranges are told."""
        outside, inside, *_ = self.tensor(f"{name}.weight").shape
        self._seen[name] = x, inside
        x = self.exact(x, name, norm)
        self._seen[f"{name}.out"] = x, outside
        return x

    def _padded(self, x: str) -> str:
        return self.add("Pad", x, self.constant((0, 0, 1, 1, 0, 0, 1, 1), np.int64), mode="edge")

    # --- bytes ------------------------------------------------------------------------------------------------

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

    def of_patches(self, patches: str, name: str) -> str:
        """A page's first 3×3 convolution, of patches in bytes, (B, rows, columns, 9 · inputs), as one product.

        A patch is what the convolution sees of a place, row by row; 0 to 255 are -1 to 1. Unlike a convolution in
        bytes, a product can write single precision.
        """
        weight, bias = self._parts(name, "")
        scale = np.abs(weight).max((1, 2, 3)) / np.float32(MOST_WEIGHT)
        rounded = np.rint(weight / scale[:, None, None, None])
        step = np.float32(2 / 255)
        product = self.add(
            "MatMulIntegerToFloat",
            patches,
            self.constant(rounded.transpose(2, 3, 1, 0).reshape(-1, len(scale)), np.int8),
            self.constant(step),
            self.constant(scale),
            self.constant(0, np.uint8),
            self.constant(np.zeros(len(scale)), np.int8),
            self.constant(bias - rounded.sum((1, 2, 3)) * scale),
            domain=CONTRIBUTED,
        )
        return self.add("Transpose", product, perm=(0, 3, 1, 2))
