"""Buttons and menus under our messages: their ids, and the rows that a worker puts under a result.

All that an answer needs is in the id or in the message's record, so they work after any restart. Rows are Discord's
JSON (https://docs.discord.com/developers/components/reference), since a worker has no discord.py.
"""

from typing import Any, Final

from jobs.text.choices import FORMATS, RenderOptions
from jobs.text.translation import translate

TEMPLATE: Final = r"glyph:(?P<action>[a-z]+)(?::(?P<argument>[A-Za-z0-9_-]{1,64}))?"
"""What every id of ours looks like; `argument` is a job or a list, where the message alone does not tell."""

CANCEL, PINK, TEXT, REDO, DELETE = "cancel", "pink", "text", "redo", "delete"
LABELS: Final = {CANCEL: "Cancel", PINK: "Pink", TEXT: "Text", REDO: "Redo…", DELETE: "Delete"}

_ROW, _BUTTON, _SECONDARY = 1, 2, 2


def custom_id(action: str, argument: str = "") -> str:
    """The id of a button or menu, in Discord's 100 characters."""
    return f"glyph:{action}:{argument}" if argument else f"glyph:{action}"


def result_rows(options: RenderOptions, language: str) -> tuple[dict[str, Any], ...]:
    """The buttons under a picture with these options: what can be done with it next."""
    wanted = [(REDO, "🔁"), (DELETE, "🗑️")]
    if FORMATS[options.format].suffix != "txt":
        wanted.insert(0, (TEXT, "🔤"))
    if options.palette != "pink":
        wanted.insert(0, (PINK, "🩷"))
    buttons = [
        {
            "type": _BUTTON,
            "style": _SECONDARY,
            "label": translate(LABELS[action], language),
            "emoji": {"name": emoji},
            "custom_id": custom_id(action),
        }
        for action, emoji in wanted
    ]
    return ({"type": _ROW, "components": buttons},)
