"""Writes docs/settings.md from the classes that read the settings: `python -m docs.settings_page`.

A test holds the page to what this makes.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from bot.settings import BotSettings
from jobs.setting_names import OTHERS
from jobs.settings import SharedSettings
from worker.settings import WorkerSettings

PAGE: Final = Path(__file__).with_name("settings.md")
NONE: Final = "–"

INTRODUCTION: Final = """\
# Settings

Bot and workers read their settings from the environment, and then from a file `.env` in the folder that they are
started in. [.env.example](../.env.example) is one to copy. `glyphcord doctor` says what is wrong with yours, and
which names are probably typed wrong ([In a shell](shell.md#is-it-set-up-well)). What moderators choose in a server
with `/settings` is kept in Redis and is not here ([In Discord](commands.md)).
"""


def markdown() -> str:
    """The whole page."""
    shared = SharedSettings.model_fields
    parts = [
        INTRODUCTION,
        section("Bot and workers", "Give both the same.", SharedSettings),
        section("The bot", "", BotSettings, without=shared),
        section("Workers", "", WorkerSettings, without=shared),
        "## Others\n\n" + table(("setting", "read by"), ((f"`{name}`", what) for name, what in OTHERS.items())),
        "The playground takes the rest as options: `glyphcord playground --help`.\n",
        "This page is made by `python -m docs.settings_page`.\n",
    ]
    return "\n".join(parts)


def section(title: str, sentence: str, kind: type[BaseSettings], without: Collection[str] = ()) -> str:
    """One program's settings, those of the class itself before those that it inherits."""
    names = sorted(set(kind.model_fields) - set(without), key=list(kind.__annotations__ | kind.model_fields).index)
    fields = ((name, kind.model_fields[name]) for name in names)
    rows = (
        (f"`{name.upper()}`", takes(name, field), default(field), field.description or "") for name, field in fields
    )
    head = f"## {title}\n\n" + (f"{sentence}\n\n" if sentence else "")
    return head + table(("setting", "takes", "default", "what it is"), rows)


def table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def takes(name: str, field: FieldInfo) -> str:
    """What may be set: choices, or a kind with its bounds."""
    kind = plain(field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) in (frozenset, tuple) and int in get_args(kind):
        return "numbers, comma-separated"
    if kind is str and name.endswith(("_url", "_base", "_endpoint")):
        return "address"
    words: dict[Any, str] = {int: "whole number", float: "number", SecretStr: "secret", Path: "folder"}
    return " ".join([words.get(kind, "text"), *bounds(field)])


def plain(kind: Any) -> Any:
    """A type without what is added to it, and without None."""
    if get_origin(kind) is Annotated:
        return plain(get_args(kind)[0])
    if get_origin(kind) is UnionType:
        return plain(next(one for one in get_args(kind) if one is not NoneType))
    return kind


def bounds(field: FieldInfo) -> Iterator[str]:
    """The least and the most that a number may be."""
    for rule in field.metadata:
        match rule:
            case Ge():
                yield f"from {rule.ge}"
            case Gt():
                yield f"above {rule.gt}"
            case Le():
                yield f"to {rule.le}"


def default(field: FieldInfo) -> str:
    """What holds where nothing is set."""
    if field.is_required():
        return "must be set"
    return NONE if field.default in (None, (), frozenset()) else f"`{field.default}`"


def main() -> None:
    """Write the page."""
    PAGE.write_text(markdown(), encoding="utf-8")
    print(PAGE)  # noqa: T201


if __name__ == "__main__":
    main()
