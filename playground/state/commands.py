"""The application commands a bot has registered, global and in the guild.

https://docs.discord.com/developers/interactions/application-commands
"""

import copy
from typing import Any

from playground.errors import ControlError, Problems, invalid_form, unknown
from playground.rules.commands import CHAT_INPUT, MESSAGE_MENU, USER_MENU, command_problems, command_type
from playground.state.seed import APPLICATION_ID, GUILD_ID
from playground.state.snowflake import Snowflakes
from playground.types import Json

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
        problems: Problems = {}
        seen: set[tuple[int, str]] = set()
        for i, command in enumerate(payload):
            problems.update(command_problems(command, str(i)))
            key = (command_type(command), str(command.get("name"))) if isinstance(command, dict) else (0, "")
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
        if problems := command_problems(payload, ""):
            raise invalid_form(problems)
        is_new = self._named(scope, str(payload["name"]), command_type(payload)) is None
        command = self._made(scope, payload)
        self._by_scope[scope][command["id"]] = command
        return command, is_new

    def edit(self, scope: str | None, command_id: str, payload: Json) -> Json:
        old = self.get(scope, command_id)
        merged = {**old, **payload, "type": old["type"]}
        if problems := command_problems(merged, ""):
            raise invalid_form(problems)
        command = {**self._shape(scope, merged), "id": command_id, "version": self._ids.next()}
        self._by_scope[scope][command_id] = command
        return command

    def delete(self, scope: str | None, command_id: str) -> None:
        self.get(scope, command_id)
        del self._by_scope[scope][command_id]

    def find(self, name: str, kind: int) -> Json:
        """The command users see under a name: the guild's before the global. Raises ControlError 404."""
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
            "type": command_type(payload),
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
