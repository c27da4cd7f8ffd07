"""The options of a drawing, as `/ascii` has them for one picture and `/settings defaults` for a server: one list.

Both commands take their texts, choices and values from here, so neither offers what the other does not know.
"""

from typing import Final

from discord import app_commands

from bot.render.options import OptionOverrides, named_style
from jobs.text.choices import AUTO, FOCUS_HELP, FOCUSES, FORMATS, MAX_COLUMNS, MIN_COLUMNS, PAPERS, paper_name

AUTOMATIC: Final = 0
"""What somebody types as `columns` to leave them open where the server does not."""

HELP: Final = {
    "palette": "The colours: a palette, or colours like red or #0000ff-#ff69b4",
    "columns": f"Width in characters, {MIN_COLUMNS} to {MAX_COLUMNS}; {AUTOMATIC} for automatic",
    "background": "Light or dark background",
    "focus": FOCUS_HELP,
    "format": "Picture, text or a file",
    "style": "The model that draws",
    "animate": "Whether an animation stays animated",
    "private": "Show the result only to you",
}
"""Each option of a drawing, and what Discord says of it."""

CHOICES: Final = {
    "background": [app_commands.Choice(name=label, value=str(name)) for name, label in PAPERS.items()],
    "focus": [app_commands.Choice(name=focus.label, value=name) for name, focus in FOCUSES.items()],
    "format": [app_commands.Choice(name=format.label, value=name) for name, format in FORMATS.items()],
}


def overrides_from(
    *,
    palette: str | None,
    columns: int | None,
    background: str | None,
    focus: str | None,
    format: str | None,
    style: str | None,
    animate: bool | None,
) -> OptionOverrides:
    """What was said, from the values of a command's options; it is not checked yet."""
    return OptionOverrides(
        palette=palette,
        columns=AUTO if columns == AUTOMATIC else columns,
        background=paper_name(background),
        focus=focus,
        format=format,
        animate=animate,
        style=named_style(style),
    )
