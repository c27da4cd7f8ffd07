"""The application commands a bot has registered, global and in the guild, with the checks Discord makes.

https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

import copy
import unicodedata
from typing import Any

from playground.errors import ControlError, invalid_form, unknown
from playground.guild import APPLICATION_ID, GUILD_ID
from playground.snowflake import Snowflakes

Json = dict[str, Any]

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = (
    range(1, 12)
)
KEPT = (
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "contexts",
    "integration_types",
    "nsfw",
)


class Commands:
    """Keyed by scope: None for global commands, else the guild's id."""

    def __init__(self, ids: Snowflakes) -> None:
        self._ids = ids
        self._by_scope: dict[str | None, dict[str, Json]] = {None: {}, GUILD_ID: {}}

    def all(self, scope: str | None) -> list[Json]:
        return list(self._by_scope[scope].values())

    def get(self, scope: str | None, command_id: str) -> Json:
        command = self._by_scope[scope].get(command_id)
        if command is None:
            raise unknown(10063)
        return command

    def put(self, scope: str | None, payload: Any) -> list[Json]:
        """Replace all commands of a scope. A command whose name and type stay keeps its id."""
        if not isinstance(payload, list):
            raise invalid_form({"_": ("BASE_TYPE_BAD_LIST", "Must be a list of commands.")})
        problems: dict[str, tuple[str, str]] = {}
        seen: set[tuple[int, str]] = set()
        for i, command in enumerate(payload):
            problems.update(_problems(command, str(i)))
            key = (_type(command), str(command.get("name"))) if isinstance(command, dict) else (0, "")
            if key in seen:
                problems[str(i)] = (
                    "APPLICATION_COMMANDS_DUPLICATE_NAME",
                    "Application command names must be unique",
                )
            seen.add(key)
        for kind, most in ((CHAT_INPUT, 100), (USER_MENU, 15), (MESSAGE_MENU, 15)):
            if sum(1 for found, _ in seen if found == kind) > most:
                problems["_"] = ("BASE_TYPE_MAX_LENGTH", f"At most {most} commands of type {kind}.")
        if problems:
            raise invalid_form(problems)
        commands = [self._made(scope, command) for command in payload]
        self._by_scope[scope] = {command["id"]: command for command in commands}
        return commands

    def create(self, scope: str | None, payload: Json) -> tuple[Json, bool]:
        """Add one command, or overwrite the one of that name and type; (command, whether it is new)."""
        if problems := _problems(payload, ""):
            raise invalid_form(problems)
        is_new = self._named(scope, str(payload["name"]), _type(payload)) is None
        command = self._made(scope, payload)
        self._by_scope[scope][command["id"]] = command
        return command, is_new

    def edit(self, scope: str | None, command_id: str, payload: Json) -> Json:
        old = self.get(scope, command_id)
        merged = {**old, **payload, "type": old["type"]}
        if problems := _problems(merged, ""):
            raise invalid_form(problems)
        command = {**self._shape(scope, merged), "id": command_id, "version": self._ids.next()}
        self._by_scope[scope][command_id] = command
        return command

    def delete(self, scope: str | None, command_id: str) -> None:
        self.get(scope, command_id)
        del self._by_scope[scope][command_id]

    def find(self, name: str, kind: int) -> Json:
        """The command people see under a name: the guild's before the global. Raises ControlError 404."""
        for scope in (GUILD_ID, None):
            if (command := self._named(scope, name, kind)) is not None:
                return command
        names = sorted(c["name"] for scope in self._by_scope for c in self.all(scope))
        known = ", ".join(names) if names else "none; has the bot synced its commands?"
        raise ControlError(404, f"no command {name!r} is registered. Registered: {known}")

    def _named(self, scope: str | None, name: str, kind: int) -> Json | None:
        for command in self._by_scope[scope].values():
            if command["name"] == name and command["type"] == kind:
                return command
        return None

    def _made(self, scope: str | None, payload: Json) -> Json:
        shape = self._shape(scope, payload)
        old = self._named(scope, shape["name"], shape["type"])
        if old is None:
            return {**shape, "id": self._ids.next(), "version": self._ids.next()}
        same = all(old[key] == value for key, value in shape.items())
        return {**shape, "id": old["id"], "version": old["version"] if same else self._ids.next()}

    @staticmethod
    def _shape(scope: str | None, payload: Json) -> Json:
        command: Json = {
            "application_id": APPLICATION_ID,
            "type": _type(payload),
            "name_localizations": None,
            "description": "",
            "description_localizations": None,
            "default_member_permissions": None,
            "dm_permission": True,
            "contexts": None,
            "integration_types": [0],
            "nsfw": False,
        }
        given = {key: payload[key] for key in KEPT if payload.get(key) is not None}
        command.update(copy.deepcopy(given))
        if command["default_member_permissions"] is not None:
            command["default_member_permissions"] = str(command["default_member_permissions"])
        if scope is not None:
            command["guild_id"] = scope
        return command


def _type(command: Any) -> int:
    value = command.get("type") if isinstance(command, dict) else None
    return value if isinstance(value, int) else CHAT_INPUT


def _problems(command: Any, at: str) -> dict[str, tuple[str, str]]:
    prefix = f"{at}/" if at else ""
    if not isinstance(command, dict):
        return {at or "_": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")}
    found: dict[str, tuple[str, str]] = {}
    if _type(command) == CHAT_INPUT:
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


def _name_problem(name: Any, where: str) -> dict[str, tuple[str, str]]:
    if not isinstance(name, str) or not 1 <= len(name) <= 32:
        return {where: ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")}
    letters = all(ch in "-_'" or unicodedata.category(ch)[0] in "LNM" for ch in name)
    if not letters or name != name.lower():
        return {where: ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")}
    return {}


def _description_problem(thing: Json, prefix: str) -> dict[str, tuple[str, str]]:
    if 1 <= len(str(thing.get("description") or "")) <= 100:
        return {}
    return {f"{prefix}description": ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")}


def _option_problems(options: Any, where: str, *, depth: int) -> dict[str, tuple[str, str]]:
    if not isinstance(options, list) or not all(isinstance(option, dict) for option in options):
        return {where: ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")}
    found: dict[str, tuple[str, str]] = {}
    if len(options) > 25:
        found[where] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names: set[str] = set()
    optional_seen = False
    for i, option in enumerate(options):
        at = f"{where}/{i}"
        found.update(_name_problem(option.get("name"), f"{at}/name"))
        found.update(_description_problem(option, f"{at}/"))
        if option.get("name") in names:
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
            if len(option.get("choices") or []) > 25:
                found[f"{at}/choices"] = ("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    return found
