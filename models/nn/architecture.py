"""What a generator is built like, without the library that trains it: its config, and the shape of each tensor.

Two things are built from it: the PyTorch module (models.nn.generator) and the ONNX graph (models.inference.graph).
Their tensors have the names that stand in a weights file.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

from models.atlas import CELL_HEIGHT, CELL_WIDTH

HEADS: Final = ("glyphs", "pixels")
OCTAVES: Final = 6
"""Waves of a cell's mean tone that the head `pixels` is shown."""
GROUPS: Final = 8
"""Groups of channels that a layer of normalisation has."""
LEAK: Final = 0.2
"""Slope of the leaky rectifiers below 0."""

SIDE: Final = 128
"""px of a side of the picture that the subject branch sees."""
MAP_SIDE: Final = 64
"""px of a side of its map."""
SUBJECT_WIDTHS: Final = (24, 48, 96, 160)
"""Its channels at a half, a quarter, an eighth and a sixteenth of SIDE."""


@dataclass(frozen=True)
class GeneratorConfig:
    """The head, the atlas's size, widths (channels) at the full, half and quarter grid of cells, and depth.

    `blocks` stand at the quarter grid, and as many at the full one on the way up; elsewhere there is one.
    """

    head: str = "glyphs"
    glyphs: int = 95
    widths: tuple[int, ...] = (96, 192, 256)
    blocks: int = 1

    @property
    def outputs(self) -> int:
        """Logits per cell."""
        return self.glyphs if self.head == "glyphs" else CELL_HEIGHT * CELL_WIDTH

    @property
    def has_subject(self) -> bool:
        """Whether there is a subject branch: free pixels have none."""
        return self.head != "pixels"

    def as_dict(self) -> dict[str, object]:
        """Plain values, as they stand in a weights file."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> "GeneratorConfig":
        """Back from plain values. Raises ValueError or TypeError on anything that is no sane network."""
        head, widths = str(values["head"]), tuple(map(int, values["widths"]))
        config = GeneratorConfig(head, int(values["glyphs"]), widths, int(values["blocks"]))
        sane = all(8 <= width <= 1024 and width % 8 == 0 for width in config.widths)
        if (
            head not in HEADS
            or len(config.widths) != 3
            or not sane
            or not 1 <= config.blocks <= 8
            or not 2 <= config.glyphs <= 1024
        ):
            raise ValueError(f"no network is built like {values}")
        return config


SIZES: Final[dict[str, GeneratorConfig]] = {"tiny": GeneratorConfig(widths=(32, 48, 64)), "base": GeneratorConfig()}

Shapes = dict[str, tuple[int, ...]]


def shapes_of(config: GeneratorConfig) -> Shapes:
    """The shape of every tensor of a generator, by its name."""
    full, half, quarter = config.widths
    shapes: Shapes = _subject_branch() if config.has_subject else {}
    shapes |= _convolution("stem", CELL_HEIGHT * CELL_WIDTH, full, 3)
    shapes |= _block("down_full", full) | _convolution("to_half", full, half, 2)
    shapes |= _block("down_half", half) | _convolution("to_quarter", half, quarter, 2)
    for number in range(config.blocks):
        shapes |= _block(f"deep.{number}", quarter)
    shapes |= _convolution("from_quarter", quarter, half, 1) | _block("up_half", half)
    shapes |= _convolution("from_half", half, full, 1)
    for number in range(config.blocks):
        shapes |= _block(f"up_full.{number}", full)
    shapes |= _norm("norm", full)
    if config.head == "glyphs":
        return shapes | _convolution("head", full, config.outputs, 1)
    hidden = 2 * full
    shapes |= _convolution("head.0", full + 1 + 2 * OCTAVES, hidden, 1)
    return shapes | _convolution("head.2", hidden, hidden, 1) | _convolution("head.4", hidden, config.outputs, 1)


def _subject_branch() -> Shapes:
    shapes: Shapes = {}
    for number, (inside, outside) in enumerate(pairwise((2, *SUBJECT_WIDTHS))):
        shapes |= _convolution(f"down.{number}", inside, outside, 3)
    for number, width in enumerate(SUBJECT_WIDTHS):
        shapes |= _block(f"blocks.{number}", width)
    deepest = SUBJECT_WIDTHS[-1]
    shapes |= {"whole.weight": (deepest, deepest), "whole.bias": (deepest,)} | _block("deep", deepest)
    for number, (inside, outside) in enumerate(pairwise(SUBJECT_WIDTHS)):
        shapes |= _convolution(f"up.{number}", outside, inside, 1) | _block(f"mend.{number}", inside)
    shapes |= _convolution("head", SUBJECT_WIDTHS[0], 1, 1)
    return {f"subject_branch.{name}": shape for name, shape in shapes.items()}


def _convolution(name: str, inside: int, outside: int, size: int) -> Shapes:
    return {f"{name}.weight": (outside, inside, size, size), f"{name}.bias": (outside,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _block(name: str, width: int) -> Shapes:
    first, second = _convolution(f"{name}.first", width, width, 3), _convolution(f"{name}.second", width, width, 3)
    return first | second | _norm(f"{name}.norm", width)
