"""What is wrong with settings, in a line that shows the values, and never a secret."""

import re
from pathlib import PurePath
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from glyphcord.nearest import nearest
from jobs.setting_names import misspelt

Settings = TypeVar("Settings", bound=BaseSettings)

SECRET: Final = frozenset({"DISCORD_TOKEN", "REDIS_URL", "REDIS_PASSWORD"})
"""Settings whose values are never shown; an address of Redis may hold its password."""

_MOST: Final = 60
_TOKEN: Final = re.compile(r"[\w-]{18,}\.[\w-]{5,}\.[\w-]{20,}")
"""What looks like a bot's token, put into another setting by mistake."""
_USER: Final = re.compile(r"//[^/\s]*@")

_SENTENCES: Final[dict[str, str]] = {
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_parsing": "it must be a number",
    "greater_than": "it must be more than {gt:g}",
    "greater_than_equal": "it must be at least {ge:g}",
    "less_than_equal": "it must be at most {le:g}",
    "literal_error": "it must be {expected}",
    "string_pattern_mismatch": "it must be an address that starts with http:// or https://",
}
"""Pydantic's types of error in our words."""


UNREADABLE: Final = "The settings cannot be read. Please compare your .env with .env.example"
_UNREADABLE: Final = (SettingsError, UnicodeDecodeError, OSError)


class UnusableSettings(Exception):
    """The settings cannot be used; `str()` is one line that says what to mend."""


def read_settings(kind: type[Settings]) -> Settings:
    """The settings of that kind. Raises UnusableSettings, which names misspelt ones too: they may be the reason."""
    try:
        return kind()
    except ValidationError as error:
        reason = explain(error)
    except _UNREADABLE:
        reason = f"{UNREADABLE}."
    raise UnusableSettings(" ".join([reason, *misspelt()]))


def explain(error: ValidationError) -> str:
    """What to mend, in one line: each setting with its value, unless that is a secret, and what it must be."""
    return "; ".join(_line(problem) for problem in error.errors(include_url=False)) + "."


def explain_kind(kind: type[BaseSettings]) -> list[str]:
    """What is wrong with the settings of that kind, a sentence for each; none where they can be used."""
    try:
        kind()
    except ValidationError as error:
        return [_line(problem) for problem in error.errors(include_url=False)]
    except _UNREADABLE:
        return [UNREADABLE]
    return []


def _line(problem: Any) -> str:
    name = str(problem["loc"][0]).upper() if problem["loc"] else "The settings"
    if problem["type"] == "missing":
        return f"{name} is missing: set it in the environment or in .env (see .env.example)"
    context = problem.get("ctx", {})
    sentence = _SENTENCES.get(problem["type"], "").format(**context) or problem["msg"].removeprefix("Value error, ")
    value = problem["input"]
    if name in SECRET or not isinstance(value, str | int | float | PurePath):
        return f"{name} is wrong: {sentence}"
    meant = nearest(str(value), re.findall(r"'([^']+)'", context.get("expected", "")))
    return f"{name} is {_shown(str(value))}, but {sentence}{f' (did you mean {meant}?)' if meant else ''}"


def _shown(value: str) -> str:
    """A value as it may be shown: short, in one line, without what looks like a token or an address's password."""
    safe = _USER.sub("//…@", _TOKEN.sub("[token]", value))
    return repr(safe if len(safe) <= _MOST else safe[:_MOST] + "…")
