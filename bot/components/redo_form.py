"""The form of "Redo…": the picture's own options, to be changed; and what a form that was sent in asks for.

Discord allows five fields. The subject's focus has one where there is no choice of styles.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import discord

from bot.render.options import DEFAULT_STYLE, OptionOverrides
from jobs.schema import RenderRequest
from jobs.text.buttons import custom_id
from jobs.text.choices import (
    AUTO,
    FOCUS_HELP,
    FOCUSES,
    FORMATS,
    PALETTES,
    PAPERS,
    find_palette,
    focus_name,
    paper_name,
)
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import translate

FORM: Final = "again"
"""The action in a form's id; the form is about the message that it was opened from."""

TITLE: Final = "Redo"
FIELDS: Final = {
    "palette": "Palette",
    "style": "Style",
    "background": "Background",
    "focus": "Focus",
    "format": "Format",
    "columns": "Columns",
}
PALETTE_HELP: Final = "Any other colours: the option palette of /ascii"
COLUMNS_HELP: Final = "Width in characters, 20 to 200 (empty: automatic)"
MOST: Final = 25
"""Options of a select."""

EMOJIS: Final = {"photo": "🌈", "blue": "💙", "pink": "🩷", "mono": "🖤", "green": "💚", "amber": "🧡"}
COLOURS: Final = {
    "red": "🟥",
    "orange": "🟧",
    "gold": "🟨",
    "limegreen": "🟩",
    "teal": "🟢",
    "deepskyblue": "🩵",
    "purple": "🟪",
    "brown": "🟫",
    "gray": "🩶",
    "red-gold": "🔥",
    "blue-cyan": "🌊",
    "purple-orange": "🌇",
}
"""Beside the palettes: colours by the names that can be typed, too."""


def form_for(request: RenderRequest, language: str, styles: Iterable[str] = ()) -> discord.ui.Modal:
    """The form as the picture is; `styles` are the models that there are."""
    drawn, names = request.options, sorted(styles)
    columns: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="columns", default=str(drawn.columns or ""), max_length=3, required=False
    )
    choices: dict[str, tuple[Mapping[Any, str], str]] = {
        "background": (PAPERS, drawn.background),
        "focus": ({name: choice.label for name, choice in FOCUSES.items()}, focus_name(drawn.focus)),
        "format": ({name: format.label for name, format in FORMATS.items()}, drawn.format),
    }
    fields: dict[str, discord.ui.Item[Any]] = {
        "palette": discord.ui.Select(custom_id="palette", options=_palettes(drawn.palette, language)),
        "columns": columns,
    }
    fields |= {name: _select(name, labels, now, language) for name, (labels, now) in choices.items()}
    if len(names) > 1:
        fields["style"] = discord.ui.Select(custom_id="style", options=_styles(names, drawn.style, language))
        del fields["focus"]
    helps = {
        "palette": translate(PALETTE_HELP, language),
        "columns": translate(COLUMNS_HELP, language),
        "focus": translate(FOCUS_HELP, language),
    }
    modal = discord.ui.Modal(title=translate(TITLE, language), custom_id=custom_id(FORM, request.reply.message_id))
    for name in (name for name in FIELDS if name in fields):
        label = translate(FIELDS[name], language)
        modal.add_item(discord.ui.Label(text=label, description=helps.get(name), component=fields[name]))
    modal.stop()  # else discord.py keeps it until it is sent in, and if it is closed, for ever
    return modal


def _palettes(drawn: str, language: str) -> list[discord.SelectOption]:
    """The palettes, colours, and the picture's own if it is neither; that one is chosen."""
    found = {
        name: discord.SelectOption(label=translate(palette.label, language), value=name, emoji=EMOJIS.get(name))
        for name, palette in PALETTES.items()
    }
    for typed, emoji in COLOURS.items():
        name = find_palette(typed).name
        found[name] = discord.SelectOption(label=typed, value=name, description=name, emoji=emoji)
    found.setdefault(drawn, discord.SelectOption(label=drawn, value=drawn, emoji="🎨")).default = True
    return list(found.values())[-MOST:]


def _styles(names: list[str], drawn: str | None, language: str) -> list[discord.SelectOption]:
    """The bot's default, which stays whatever it will be, and each style by its name."""
    shown = names[: MOST - 1] if drawn is None or drawn in names[: MOST - 1] else [drawn, *names[: MOST - 2]]
    default = discord.SelectOption(label=translate(DEFAULT_STYLE, language), value=AUTO, default=drawn is None)
    return [default, *(discord.SelectOption(label=name, value=name, default=name == drawn) for name in shown)]


def _select(name: str, labels: Mapping[Any, str], now: str, language: str) -> discord.ui.Select[Any]:
    options = [
        discord.SelectOption(label=translate(label, language), value=value, default=value == now)
        for value, label in labels.items()
    ]
    return discord.ui.Select(custom_id=name, options=options)


def overrides_of(components: list[dict[str, Any]]) -> OptionOverrides:
    """What a form asks for, from the components of its interaction. Raises ServiceProblem `columns_number`."""
    fields: dict[str, Any] = {}
    for label in components:
        field = label.get("component") or {}
        values = field.get("values")
        fields[str(field.get("custom_id"))] = values[0] if values else field.get("value")
    columns = str(fields.get("columns") or "").strip()
    if columns and not (columns.isascii() and columns.isdigit()):
        raise ServiceProblem("columns_number", f"columns {columns[:20]!r}")
    return OptionOverrides(
        palette=fields.get("palette") or None,
        columns=int(columns) if columns else AUTO,
        background=paper_name(fields.get("background")),
        focus=fields.get("focus") or None,
        format=fields.get("format") or None,
        style=fields.get("style") or None,
    )
