"""What a user can ask for, beside a palette: the form of the answer, and how wide it is where it will be read.

One page of characters comes in any of FORMS. As text it can also stand in a Discord message itself, in a code
block, when it fits; the inline presets say how wide it may be there. Imports nothing but limits, so that the
bot can offer what the library can do.
"""

import math
from dataclasses import dataclass
from typing import Final

from models import limits
from models.problems import Note

_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Form:
    """`suffix` is a file name's ending, without its dot."""

    name: str
    label: str
    suffix: str
    mime: str


FORMS: Final[dict[str, Form]] = {
    form.name: form
    for form in (
        Form("picture", "Picture (PNG)", "png", "image/png"),
        Form("text", "Text", "txt", "text/plain; charset=utf-8"),
        Form("ansi", "Coloured text for terminals (ANSI)", "ans", "text/plain; charset=utf-8"),
        Form("html", "Web page (HTML)", "html", "text/html; charset=utf-8"),
        Form("svg", "Vector drawing (SVG)", "svg", "image/svg+xml"),
        Form("docx", "Word document", "docx", _WORD),
    )
}
DEFAULT_FORM: Final = "picture"

MESSAGE_CHARACTERS: Final = 2000
"""Most characters of a Discord message (docs.discord.com, Create Message: `content`)."""

COLOUR_CHARACTERS: Final = 80
"""What colouring a gradient costs in a code block: the word `ansi`, and at most ten changes of 7 characters."""

_FENCES: Final = len("||```\n```||")
"""The block's own, and the bars that hide it as a spoiler."""


@dataclass(frozen=True)
class Preset:
    """How many characters across and down a code block may have. `rows` None: as many as the message takes."""

    name: str
    label: str
    columns: int
    rows: int | None


PRESETS: Final[dict[str, Preset]] = {
    preset.name: preset
    for preset in (
        # A telephone held upright breaks longer lines, which ruins every row. It also shows colour codes as text.
        Preset("phone", "Phone (up to 40 across)", 40, None),
        Preset("desktop", "Desktop (up to 60×32)", 60, 32),
    )
}
FILE: Final = "file"
"""The third choice beside PRESETS: the text as a file, of any size."""


def rows_for(width: int, height: int, columns: int) -> int:
    """Rows of cells that keep a picture's aspect at so many columns; at least 1, at most MAX_CELLS in all.

    A cell is twice as high as wide.
    """
    rows = round(columns * height / width / 2)
    return max(1, min(rows, limits.MAX_CELLS // columns))


PICTURE_COLUMNS: Final = 100
"""Most columns of a still picture, if nobody says how many.

Discord shows an attached picture in a box of 550×350 px, and a page, 8 px a column and 16 px a row, is made smaller
to fit there: 100 columns to 0.69 of their size. Below about a half, characters cannot be told apart.
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


def columns_within(width: int, height: int, columns: int) -> int:
    """So many columns, or as many as keep a picture's aspect on a page of MAX_CELLS; at least MIN_COLUMNS."""
    most = math.isqrt(2 * limits.MAX_CELLS * width // height)
    return min(columns, max(limits.MIN_COLUMNS, most))


NARROWER: Final = (
    "I drew {columns} columns instead of {asked}: at this picture's shape, more would make a page of over {most:,} "
    "characters."
)


def narrower(asked: int, columns: int) -> tuple[Note, ...]:
    """What to tell a user who asked for so many columns and got fewer by `columns_within`; nothing if not fewer."""
    if columns >= asked:
        return ()
    return (Note(NARROWER, columns=columns, asked=asked, most=limits.MAX_CELLS),)


def inline_columns(width: int, height: int, preset: str, *, colours: bool = False) -> int | None:
    """Most columns at which a picture of `width`×`height` fits a message as a code block, whatever is on it.

    Fences, newlines and a spoiler's bars count; `colours` keeps room for a gradient's. None when not even
    MIN_COLUMNS fit (a very long picture): send a file. Raises KeyError for an unknown preset.
    """
    chosen = PRESETS[preset]
    room = MESSAGE_CHARACTERS - _FENCES - (COLOUR_CHARACTERS if colours else 0)
    for columns in range(chosen.columns, limits.MIN_COLUMNS - 1, -1):
        rows = rows_for(width, height, columns)
        if (columns + 1) * rows <= room and (chosen.rows is None or rows <= chosen.rows):
            return columns
    return None
