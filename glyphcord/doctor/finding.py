"""What a check found."""

import textwrap
from dataclasses import dataclass
from typing import Final, Literal

from glyphcord.escaping import printable

_WIDTH: Final = 100


@dataclass(frozen=True)
class Finding:
    """One line for people: what was looked at, how it is, and what to do (empty where nothing is)."""

    what: str
    state: Literal["ok", "note", "BROKEN"]
    text: str
    todo: str = ""

    @property
    def is_broken(self) -> bool:
        return self.state == "BROKEN"

    def __str__(self) -> str:
        indent = " " * 20
        text, todo = printable(self.text), f"→ {printable(self.todo)}"
        lines = textwrap.wrap(text, _WIDTH - len(indent))
        lines += textwrap.wrap(todo, _WIDTH - len(indent), subsequent_indent="  ") if self.todo else []
        return f"{self.what:<12}{self.state:<8}" + f"\n{indent}".join(lines)


def ok(what: str, text: str) -> Finding:
    """As it should be."""
    return Finding(what, "ok", text)


def note(what: str, text: str, todo: str) -> Finding:
    """It works, but could be better."""
    return Finding(what, "note", text, todo)


def broken(what: str, text: str, todo: str) -> Finding:
    """It does not work."""
    return Finding(what, "BROKEN", text, todo)
