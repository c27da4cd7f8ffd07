"""The glyph atlas: how much of each pixel of a cell every character covers with ink.

The default atlas is a picture in this folder (`atlas.png`, one row of cells), drawn once from DejaVu Sans
Mono Bold at 13 px, so that neither training nor inference needs a font. A weights file carries the atlas it
was trained with.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CELL_WIDTH: Final = 8
CELL_HEIGHT: Final = 16
PRINTABLE: Final = "".join(map(chr, range(32, 127)))
"""The 95 printable ASCII characters, blank first."""

_DEFAULT = Path(__file__).with_name("atlas.png")


@dataclass(frozen=True)
class Atlas:
    """`ink` is (len(charset), CELL_HEIGHT, CELL_WIDTH) float32 coverage in [0, 1], in the charset's order."""

    charset: str
    ink: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.ink.shape != (len(self.charset), CELL_HEIGHT, CELL_WIDTH):
            raise ValueError(f"an atlas of {len(self.charset)} glyphs cannot have the shape {self.ink.shape}")

    @property
    def densest(self) -> float:
        """Mean coverage of the glyph with the most ink, in [0, 1]."""
        return float(self.ink.mean((1, 2)).max())


def default_atlas() -> Atlas:
    """The 95 printable ASCII characters in DejaVu Sans Mono Bold, 8×16 px a cell."""
    with Image.open(_DEFAULT) as sheet:
        pixels = np.asarray(sheet.convert("L"), np.float32) / 255
    ink = pixels.reshape(CELL_HEIGHT, len(PRINTABLE), CELL_WIDTH).transpose(1, 0, 2)
    return Atlas(PRINTABLE, np.ascontiguousarray(ink))


def draw_atlas(font: Path, size: int, charset: str = PRINTABLE) -> Atlas:
    """Draw an atlas from a monospaced font file at `size` px, baselines aligned, columns centred.

    Raises ValueError when the font's advance does not fit a cell, OSError when it cannot be read.
    """
    face = ImageFont.truetype(str(font), size)
    ascent, descent = face.getmetrics()
    advance = face.getlength("M")
    if round(advance) > CELL_WIDTH:
        raise ValueError(f"{font.name} at {size} px is {advance:.1f} px wide; a cell has {CELL_WIDTH}")
    top = (CELL_HEIGHT - (ascent + descent)) // 2
    ink = np.empty((len(charset), CELL_HEIGHT, CELL_WIDTH), np.float32)
    for index, character in enumerate(charset):
        cell = Image.new("L", (CELL_WIDTH, CELL_HEIGHT))
        ImageDraw.Draw(cell).text(((CELL_WIDTH - advance) / 2, top), character, fill=255, font=face)
        ink[index] = np.asarray(cell, np.float32) / 255
    return Atlas(charset, ink)


def save_sheet(atlas: Atlas, path: Path) -> None:
    """Write the atlas as one row of cells, 8-bit grey, white ink."""
    sheet = atlas.ink.transpose(1, 0, 2).reshape(CELL_HEIGHT, -1)
    Image.fromarray(np.rint(sheet * 255).astype(np.uint8)).save(path, optimize=True)
