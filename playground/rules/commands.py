"""What Discord demands of an application command.

https://docs.discord.com/developers/interactions/application-commands
"""

import unicodedata
from typing import Any

from playground.errors import Problems
from playground.types import Json

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = (
    range(1, 12)
)

NUMBERS: dict[int, tuple[type, ...]] = {INTEGER: (int,), NUMBER: (int, float)}
LONGEST_VALUE = 100
"""Of a choice, in characters, as that page has it; the OpenAPI description says 6,000."""

FILE_GROUPS = {
    "image": (".png", ".gif", ".jpg", ".jpeg", ".jfif", ".webp", ".avif"),
    "video": (".mp4", ".mov", ".qt", ".webm"),
    "audio": (".mp3", ".m4a", ".wav", ".ogg", ".opus", ".flac"),
}
"""What `file_types` of an attachment option may name, and which suffixes that is."""


def command_type(command: Any) -> int:
    value = command.get("type") if isinstance(command, dict) else None
    return value if isinstance(value, int) else CHAT_INPUT


def command_problems(command: Any, at: str) -> Problems:
    prefix = f"{at}/" if at else ""
    if not isinstance(command, dict):
        return {at or "_": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")}
    found: Problems = {}
    if command_type(command) == CHAT_INPUT:
        found.update(_name_problem(command.get("name"), f"{prefix}name"))
        found.update(_description_problem(command, prefix))
        found.update(_option_problems(command.get("options") or [], f"{prefix}options", depth=0))
    elif not 1 <= len(str(command.get("name") or "")) <= 32:
        found[f"{prefix}name"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    elif command.get("description"):
        found[f"{prefix}description"] = (
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION",
            "Context menu commands cannot have description",
        )
    return found


def _name_problem(name: Any, where: str) -> Problems:
    if not isinstance(name, str) or not 1 <= len(name) <= 32:
        return {where: ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")}
    letters = all(ch in "-_'" or unicodedata.category(ch)[0] in "LNM" for ch in name)
    if not letters or name != name.lower():
        return {where: ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")}
    return {}


def _description_problem(thing: Json, prefix: str) -> Problems:
    if 1 <= len(str(thing.get("description") or "")) <= 100:
        return {}
    return {f"{prefix}description": ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")}


def _option_problems(options: Any, where: str, *, depth: int) -> Problems:
    if not isinstance(options, list) or not all(isinstance(option, dict) for option in options):
        return {where: ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")}
    found: Problems = {}
    if len(options) > 25:
        found[where] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names: set[str] = set()
    optional_seen = False
    for i, option in enumerate(options):
        at = f"{where}/{i}"
        found.update(_name_problem(option.get("name"), f"{at}/name"))
        found.update(_description_problem(option, f"{at}/"))
        if str(option.get("name")) in names:
            found[f"{at}/name"] = ("APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
        names.add(str(option.get("name")))
        kind = option.get("type")
        if not isinstance(kind, int) or not SUB_COMMAND <= kind <= ATTACHMENT:
            found[f"{at}/type"] = ("BASE_TYPE_CHOICES", "Value must be one of 1 to 11.")
        elif kind in (SUB_COMMAND, SUB_COMMAND_GROUP):
            if depth == 2:
                found[f"{at}/type"] = ("BASE_TYPE_CHOICES", "Subcommands go two deep.")
            else:
                found.update(_option_problems(option.get("options") or [], f"{at}/options", depth=depth + 1))
        else:
            if option.get("required") and optional_seen:
                problem = "Required options must be placed before non-required options"
                found[at] = ("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", problem)
            optional_seen = optional_seen or not option.get("required")
            if kind == ATTACHMENT:
                found.update(_file_type_problems(option.get("file_types") or [], f"{at}/file_types"))
            found.update(choice_problems(option.get("choices") or [], f"{at}/choices", kind))
    return found


def choice_problems(choices: Any, where: str, kind: int) -> Problems:
    """What is wrong with the choices of an option of that type, fixed ones or those of an autocompletion."""
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        return {where: ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")}
    found: Problems = {}
    if len(choices) > 25:
        found[where] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for i, choice in enumerate(choices):
        name, value = choice.get("name"), choice.get("value")
        if not isinstance(name, str) or not 1 <= len(name) <= 100:
            found[f"{where}/{i}/name"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if value is None:
            found[f"{where}/{i}/value"] = ("BASE_TYPE_REQUIRED", "This field is required")
        elif kind == STRING and not isinstance(value, str):
            found[f"{where}/{i}/value"] = ("BASE_TYPE_BAD_STRING", "Must be a string.")
        elif kind == STRING and len(value) > LONGEST_VALUE:
            problem = f"Must be {LONGEST_VALUE} or fewer in length."
            found[f"{where}/{i}/value"] = ("BASE_TYPE_MAX_LENGTH", problem)
        elif kind in NUMBERS and (isinstance(value, bool) or not isinstance(value, NUMBERS[kind])):
            found[f"{where}/{i}/value"] = ("NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
    return found


def _file_type_problems(types: Any, where: str) -> Problems:
    """Up to ten groups or suffixes: https://docs.discord.com/developers/interactions/application-commands"""
    if not isinstance(types, list) or len(types) > 10:
        return {where: ("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")}
    for i, one in enumerate(types):
        suffix = isinstance(one, str) and one.startswith(".") and 2 <= len(one) <= 16
        if not suffix and str(one) not in FILE_GROUPS:
            return {f"{where}/{i}": ("BASE_TYPE_CHOICES", "Must be image, video, audio or a suffix with its dot.")}
    return {}
