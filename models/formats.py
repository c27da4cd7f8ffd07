"""The formats of a drawing, and how many columns one gets.

A page of characters comes in any of FORMATS. As text it can also stand in a message itself, in a code block, if it
fits there. Imports no torch, so that the bot can offer what the library can do.
"""

import math
from dataclasses import dataclass
from typing import Final

from models import limits

_PLAIN: Final = "text/plain; charset=utf-8"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class CodeBlock:
    """How text is read in a message: the most columns and rows (None: as many as the message takes), and whether
    the reader's program shows colours there. `close_up`: too narrow for a whole picture, it shows the subject."""

    columns: int
    rows: int | None
    colours: bool
    close_up: bool = False


@dataclass(frozen=True)
class Format:
    """`suffix` is a file name's ending, without its dot. `block` is set for text that stands in a message where it
    fits; a file has no bounds of its own."""

    name: str
    label: str
    suffix: str
    mime: str
    block: CodeBlock | None = None


# A telephone held upright breaks longer lines, which ruins every row. In Discord's code blocks, of 14 px, so many
# stay whole. It also shows colour codes as text.
_PHONE: Final = CodeBlock(34, None, colours=False, close_up=True)
_DESKTOP: Final = CodeBlock(60, 32, colours=True)

FORMATS: Final[dict[str, Format]] = {
    format.name: format
    for format in (
        Format("picture", "Picture", "png", "image/png"),
        Format("text", "Text in the message, for computers (up to 60 across)", "txt", _PLAIN, _DESKTOP),
        Format("phone", "Text in the message, for phones (up to 34 across)", "txt", _PLAIN, _PHONE),
        Format("file", "Text file, any size", "txt", _PLAIN),
        Format("ansi", "Coloured text for terminals (ANSI file)", "ans", _PLAIN),
        Format("html", "Web page (HTML file)", "html", "text/html; charset=utf-8"),
        Format("svg", "Vector drawing (SVG file)", "svg", "image/svg+xml"),
        Format("docx", "Word document", "docx", _WORD),
    )
}
DEFAULT_FORMAT: Final = "picture"
ANIMATION: Final = Format("animation", "Animation", "gif", "image/gif")
"""What a picture comes as that moves."""
FILES: Final[dict[str, Format]] = {
    format.suffix: format for format in (*FORMATS.values(), ANIMATION) if format.block is None
}
"""The format of a file, by its suffix."""

MESSAGE_CHARACTERS: Final = 2000
"""Most characters of a message."""

COLOUR_CHARACTERS: Final = 80
"""What colouring a gradient costs in a code block: the word `ansi`, and at most ten changes of 7 characters."""

_FENCES: Final = len("||```\n```||")
"""The block's own, and the bars that hide it as a spoiler."""


def rows_for(width: int, height: int, columns: int) -> int:
    """Rows of cells that keep a picture's aspect at so many columns; at least 1, at most MAX_CELLS in all.

    A cell is twice as high as wide.
    """
    rows = round(columns * height / width / 2)
    return max(1, min(rows, limits.MAX_CELLS // columns))


PICTURE_COLUMNS: Final = 100
"""Most columns of a still picture, if nobody says how many.

A chat shows an attached picture in a box of, say, 550×350 px, and a page, 8 px a column and 16 px a row, is made
smaller to fit there: 100 columns to 0.69 of their size. Below about a half, characters cannot be told apart.
"""

PICTURE_ROWS: Final = 48
"""Most rows of the same: the box makes them smaller to 0.46 of their size, for it is wider than high."""

PANORAMA_COLUMNS: Final = 120
PANORAMA_ROWS: Final = 24
"""A picture that would have fewer than so many rows is wider, up to so many columns: a strip shows little else."""


def picture_columns(width: int, height: int) -> int:
    """Columns of a still picture of `width`×`height` if nobody says how many; at least MIN_COLUMNS."""
    wide = max(PICTURE_COLUMNS, min(PANORAMA_COLUMNS, 2 * PANORAMA_ROWS * width // height))
    return max(limits.MIN_COLUMNS, min(wide, 2 * PICTURE_ROWS * width // height))


ANIMATION_ROWS: Final = 40
"""Most rows of what moves, if nobody says how many columns: a telephone's video, 9:16, then has 45 columns, and
twice the frames that it would have with ANIMATION_COLUMNS."""


def animation_columns(width: int, height: int, asked: int | None = None) -> int:
    """Columns of what moves: as many as asked for and a page has room for, or what suits its shape."""
    if asked is not None:
        return columns_within(width, height, asked)
    return max(limits.MIN_COLUMNS, min(limits.ANIMATION_COLUMNS, 2 * ANIMATION_ROWS * width // height))


def columns_within(width: int, height: int, columns: int) -> int:
    """So many columns, or as many as keep a picture's aspect on a page of MAX_CELLS; at least MIN_COLUMNS."""
    most = math.isqrt(2 * limits.MAX_CELLS * width // height)
    return min(columns, max(limits.MIN_COLUMNS, most))


def columns_for(width: int, height: int, columns: int, most_rows: int | None) -> int:
    """`columns`, or the fewer that a picture of this size needs to keep to `most_rows`.

    For that never fewer than MIN_COLUMNS.
    """
    if most_rows is None:
        return columns
    fewest = min(columns, limits.MIN_COLUMNS)
    fits = (c for c in range(columns, fewest, -1) if rows_for(width, height, c) <= most_rows)
    return next(fits, fewest)


def block_columns(width: int, height: int, block: CodeBlock) -> int | None:
    """Most columns at which a picture of `width`×`height` fits a message as a code block, whatever is on it.

    Fences, newlines and a spoiler's bars count, and a gradient's colours where they are shown. None when not even
    MIN_COLUMNS fit (a very long picture): send a file.
    """
    room = MESSAGE_CHARACTERS - _FENCES - (COLOUR_CHARACTERS if block.colours else 0)
    for columns in range(block.columns, limits.MIN_COLUMNS - 1, -1):
        rows = rows_for(width, height, columns)
        if (columns + 1) * rows <= room and (block.rows is None or rows <= block.rows):
            return columns
    return None
