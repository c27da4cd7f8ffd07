"""The glyph atlas: how much of each pixel of a cell every character covers with ink.

The default atlas is a picture in this folder (`atlas.png`, one row of cells), drawn from the typeface in
`typeface/` at 16 px, so that neither training nor inference depends on how a font is drawn. A weights file
carries the atlas it was trained with.
"""

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from torch import Tensor

CELL_WIDTH: Final = 8
CELL_HEIGHT: Final = 16
PRINTABLE: Final = "".join(map(chr, range(32, 127)))
"""The 95 printable ASCII characters, blank first."""

_DEFAULT = Path(__file__).with_name("atlas.png")


@dataclass(frozen=True)
class Atlas:
    """`ink` is (len(charset), CELL_HEIGHT, CELL_WIDTH) float32 coverage in [0, 1], in the charset's order.

    Raises ValueError for ink of another shape, and what `check_charset` does.
    """

    charset: str
    ink: NDArray[np.float32]

    def __post_init__(self) -> None:
        check_charset(self.charset)
        if self.ink.shape != (len(self.charset), CELL_HEIGHT, CELL_WIDTH):
            raise ValueError(f"an atlas of {len(self.charset)} glyphs cannot have the shape {self.ink.shape}")

    @cached_property
    def in_typeface(self) -> bool:
        """Whether its glyphs are the default atlas's, so that text in the typeface looks as the picture does."""
        ours = default_atlas()
        if not set(self.charset) <= set(ours.charset):
            return False
        there = ours.ink[[ours.charset.index(character) for character in self.charset]]
        # A weights file keeps ink in bytes.
        return bool(np.abs(self.ink - there).max(initial=0) < 1 / 255)


def check_charset(charset: str) -> str:
    """The same charset. Raises ValueError where a character is none that can be seen in a cell of its own.

    Text of a style is posted and shown in terminals: a line end would break its page, ESC move the cursor, and a
    mark would stand over the cell before it.
    """
    for character in charset:
        if not character.isprintable() or unicodedata.category(character).startswith("M"):
            raise ValueError(f"a charset cannot have {character!a}: it would not stand in a cell of its own")
    return charset


def densest(ink: "NDArray[np.float32] | Tensor") -> float:
    """Mean coverage of the glyph with the most ink, in [0, 1]: what black looks like; `ink` is (N, h, w)."""
    return float(ink.mean((1, 2)).max())


def default_atlas(charset: str = PRINTABLE) -> Atlas:
    """Printable ASCII characters in the typeface Glyphcord Cell, which fills a cell of 8×16 px.

    Raises ValueError for others.
    """
    with Image.open(_DEFAULT) as sheet:
        pixels = np.asarray(sheet.convert("L"), np.float32) / np.float32(255)
    ink = pixels.reshape(CELL_HEIGHT, len(PRINTABLE), CELL_WIDTH).transpose(1, 0, 2)
    return Atlas(charset, ink[[PRINTABLE.index(character) for character in charset]])


def draw_atlas(font: Path) -> Atlas:
    """Draw the printable ASCII characters from a font whose line is twice as high as its letters are wide.

    Raises ValueError when a character's cell would not be 8×16 px, OSError when the font cannot be read.
    """
    face = ImageFont.truetype(str(font), CELL_HEIGHT, layout_engine=ImageFont.Layout.BASIC)
    ascent, descent = face.getmetrics()
    width, height = face.getlength("M"), ascent + descent
    if width != CELL_WIDTH or height != CELL_HEIGHT:
        raise ValueError(f"{font.name}: a character of {width:g}×{height} px does not fill a cell of 8×16")
    ink = np.empty((len(PRINTABLE), CELL_HEIGHT, CELL_WIDTH), np.float32)
    for index, character in enumerate(PRINTABLE):
        drawn = Image.new("L", (CELL_WIDTH, CELL_HEIGHT))
        ImageDraw.Draw(drawn).text((0, ascent), character, fill=255, font=face, anchor="ls")
        ink[index] = np.asarray(drawn, np.float32) / 255
    return Atlas(PRINTABLE, ink)


def save_sheet(atlas: Atlas, path: Path) -> None:
    """Write the atlas as one row of cells, 8-bit grey, white ink."""
    sheet = atlas.ink.transpose(1, 0, 2).reshape(CELL_HEIGHT, -1)
    Image.fromarray(np.rint(sheet * 255).astype(np.uint8)).save(path, optimize=True)
