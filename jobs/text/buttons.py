"""Buttons and menus under our messages: their ids, and the rows that a worker puts under a result.

All that an answer needs is in the id or in the message's record, so they work after any restart. Rows are Discord's
JSON (https://docs.discord.com/developers/components/reference), since a worker has no discord.py.
"""

from typing import Any, Final

from jobs.text.choices import FORMATS, RenderOptions
from jobs.text.translation import translate

TEMPLATE: Final = r"glyph:(?P<action>[a-z]+)(?::(?P<argument>[A-Za-z0-9_-]{1,80}))?"
"""What every id of ours looks like; `argument` is a job, a list or a version of a model, where the message does not
tell."""

CANCEL, PINK, TEXT, REDO, DELETE = "cancel", "pink", "text", "redo", "delete"
PHONE, COMPUTER = "phone", "computer"
COMPARE, SHARE, TAKE = "compare", "share", "take"
LABELS: Final = {
    CANCEL: "Cancel",
    PINK: "Pink",
    TEXT: "Text",
    COMPARE: "Compare",
    REDO: "Redo…",
    DELETE: "Delete",
    SHARE: "Show everyone",
    PHONE: "Phone",
    COMPUTER: "Computer",
}
NUMBERS: Final = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")
"""Before the names of variants, whose order is that of their pictures."""

_ROW, _BUTTON, _SECONDARY = 1, 2, 2


def custom_id(action: str, argument: str = "") -> str:
    """The id of a button or menu, in Discord's 100 characters."""
    return f"glyph:{action}:{argument}" if argument else f"glyph:{action}"


def result_rows(options: RenderOptions, language: str, *, comparable: bool = False) -> tuple[dict[str, Any], ...]:
    """The buttons under a picture with these options: what can be done with it next.

    `comparable`: who asked for it may see it beside the photo.
    """
    wanted = [(REDO, "🔁"), (DELETE, "🗑️")]
    if comparable and FORMATS[options.format].block is None:
        wanted.insert(0, (COMPARE, "🪞"))
    if FORMATS[options.format].suffix != "txt":
        wanted.insert(0, (TEXT, "🔤"))
    if options.palette != "pink":
        wanted.insert(0, (PINK, "🩷"))
    return (_row(*(_button(action, emoji, language) for action, emoji in wanted)),)


def choice_rows(names: dict[int, str], language: str) -> tuple[dict[str, Any], ...]:
    """The buttons under variants, each a number from 1 and its name: one takes it, the last deletes all."""
    takes = [
        _button(TAKE, NUMBERS[number - 1], language, label=name, argument=str(number))
        for number, name in names.items()
    ]
    return (_row(*takes), _row(_button(DELETE, "🗑️", language)))


def comparison_rows(comparison: str, language: str) -> tuple[dict[str, Any], ...]:
    """The button under a photo beside its page (jobs.schema.Comparison), if there is one."""
    wanted = {"shareable": (SHARE, "📣"), "public": (DELETE, "🗑️")}.get(comparison)
    return () if wanted is None else (_row(_button(*wanted, language)),)


def _row(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": _ROW, "components": list(buttons)}


def _button(action: str, emoji: str, language: str, *, label: str = "", argument: str = "") -> dict[str, Any]:
    return {
        "type": _BUTTON,
        "style": _SECONDARY,
        "label": (label or translate(LABELS[action], language))[:80],
        "emoji": {"name": emoji},
        "custom_id": custom_id(action, argument),
    }
