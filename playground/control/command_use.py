"""A command as Discord's client offers it and fills in its options.

https://docs.discord.com/developers/interactions/application-commands
"""

from collections.abc import Collection
from typing import Any

from playground.errors import ControlError
from playground.rules import commands as cmd
from playground.rules.components import CHANNEL_SELECT, MENTIONABLE_SELECT, ROLE_SELECT, USER_SELECT
from playground.state.files import Attachment
from playground.state.guild_objects import member_json
from playground.state.seed import (
    DIRECTS,
    GUILD_ID,
    IN_BOT_DM,
    IN_GUILD,
    IN_PRIVATE_CHANNEL,
    MEMBERS,
    ROLES,
    USERS,
    channel_json,
    context_of,
    in_guild,
    permissions,
)
from playground.types import Json

KIND_NAMES = {cmd.STRING: "string", cmd.INTEGER: "integer", cmd.BOOLEAN: "boolean", cmd.NUMBER: "number"}


def command_words(payload: Json) -> list[str]:
    """ "/model reload" as its name and subcommands."""
    return str(payload.get("command") or "").strip().removeprefix("/").split()[:3] or [""]


def command_data(command: Json) -> Json:
    """The start of an interaction's data."""
    data = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data


def check_offered(command: Json, user_id: str, channel_id: str, permitted: Collection[str] = ()) -> None:
    """Raise ControlError 403 where or to whom Discord would not offer the command."""
    _check_context(command, channel_id)
    if user_id not in permitted:
        _check_permission(command, user_id, channel_id)


def descend(command: Json, path: list[str]) -> tuple[list[Json], list[Json]]:
    """Follow "model reload" into a command: (its own options' declarations, the chain of subcommands).

    Raises ControlError 404 naming the subcommands there are."""
    declared: list[Json] = command.get("options") or []
    chain: list[Json] = []
    for name in path:
        found = next((o for o in declared if o["name"] == name and o["type"] in (1, 2)), None)
        if found is None:
            known = ", ".join(o["name"] for o in declared if o["type"] in (1, 2)) or "none"
            raise ControlError(404, f"/{command['name']} has no subcommand {name!r}. It has: {known}")
        chain.append(found)
        declared = found.get("options") or []
    if any(o["type"] in (cmd.SUB_COMMAND, cmd.SUB_COMMAND_GROUP) for o in declared):
        known = ", ".join(o["name"] for o in declared)
        raise ControlError(400, f"/{command['name']} needs a subcommand: {known}")
    return declared, chain


def _check_context(command: Json, channel_id: str) -> None:
    """Raise ControlError 403 where Discord would not offer the command.

    https://docs.discord.com/developers/interactions/application-commands#contexts"""
    here = context_of(channel_id)
    contexts = command.get("contexts")
    if contexts is None:
        contexts = (
            [IN_GUILD] if command.get("dm_permission") is False else [IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL]
        )
    allowed = here in contexts and (here == IN_GUILD or "guild_id" not in command)
    if here == IN_PRIVATE_CHANNEL and 1 not in command["integration_types"]:
        allowed = False
    if not allowed:
        names = {
            IN_GUILD: "a server",
            IN_BOT_DM: "direct messages with the bot",
            IN_PRIVATE_CHANNEL: "others' chats",
        }
        raise ControlError(403, f"/{command['name']} is not offered in {names[here]}: see its contexts")


def owners(command: Json, user_id: str, channel_id: str) -> Json:
    """authorizing_integration_owners: by whose installation the command is there."""
    found: Json = {}
    if 0 in command["integration_types"] and context_of(channel_id) != IN_PRIVATE_CHANNEL:
        found["0"] = GUILD_ID if in_guild(channel_id) else "0"
    if 1 in command["integration_types"]:
        found["1"] = user_id
    return found


def _check_permission(command: Json, user_id: str, channel_id: str) -> None:
    if channel_id in DIRECTS:
        return
    needed = command.get("default_member_permissions")
    held = permissions(user_id, channel_id)
    if needed is not None and (int(needed) & ~held or (int(needed) == 0 and not held & 1 << 3)):
        raise ControlError(
            403, f"{USERS[user_id].username} does not see /{command['name']}: permissions are missing"
        )


def fill_options(
    declared: list[Json],
    given: Json,
    attachments: dict[str, Attachment],
    *,
    partial: bool = False,
    focused: str | None = None,
) -> list[Json]:
    """The options as an interaction carries them. Raises ControlError 400 for what Discord's client refuses."""
    names = {option["name"] for option in declared}
    if odd := (set(given) | set(attachments)) - names:
        raise ControlError(400, f"unknown option {sorted(odd)}; there are {sorted(names)}")
    filled: list[Json] = []
    for option in declared:
        name, kind = option["name"], option["type"]
        value = attachments[name].id if name in attachments else given.get(name)
        if value is None:
            if option.get("required") and not partial:
                raise ControlError(400, f"option {name!r} is required")
            continue
        entry: Json = {"name": name, "type": kind, "value": value}
        if name == focused:
            entry["focused"] = True
        else:
            _check_value(option, value, is_file=name in attachments)
        filled.append(entry)
    return filled


def _check_value(option: Json, value: Any, *, is_file: bool) -> None:
    name, kind = option["name"], option["type"]
    fits = {
        cmd.STRING: isinstance(value, str),
        cmd.INTEGER: isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**53,
        cmd.BOOLEAN: isinstance(value, bool),
        cmd.NUMBER: isinstance(value, (int, float)) and not isinstance(value, bool),
        cmd.USER: value in USERS,
        cmd.CHANNEL: in_guild(str(value)),
        cmd.ROLE: value in ROLES,
        cmd.MENTIONABLE: value in USERS or value in ROLES,
        cmd.ATTACHMENT: is_file,
    }[kind]
    if not fits:
        wanted = KIND_NAMES.get(kind) or (
            "file (a multipart part of that name)" if kind == cmd.ATTACHMENT else "known id"
        )
        raise ControlError(400, f"option {name!r} must be a {wanted}, not {value!r}")
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise ControlError(400, f"option {name!r} must be one of {[choice['value'] for choice in choices]}")
    if kind == cmd.STRING:
        low, high = option.get("min_length") or 0, option.get("max_length") or 6000
        if not low <= len(value) <= high:
            raise ControlError(400, f"option {name!r} must be {low} to {high} characters long")
    if kind in (cmd.INTEGER, cmd.NUMBER):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise ControlError(400, f"option {name!r} must be {low} to {high}")


def nest(chain: list[Json], filled: list[Json]) -> list[Json]:
    """Wrap options in their subcommand and group."""
    for part in reversed(chain):
        filled = [{"name": part["name"], "type": part["type"], "options": filled}]
    return filled


NAMES_BY_ID = {
    USER_SELECT: cmd.USER,
    ROLE_SELECT: cmd.ROLE,
    MENTIONABLE_SELECT: cmd.MENTIONABLE,
    CHANNEL_SELECT: cmd.CHANNEL,
}


def resolved(named: list[tuple[int, str]], attachments: dict[str, Json], channel_id: str, user_id: str) -> Json:
    """The objects that options or select menus name by id; `named` holds (option type, id).

    A channel comes with what the one who named it may do there."""
    result: Json = {}
    for kind, value in named:
        if kind == cmd.ATTACHMENT:
            result.setdefault("attachments", {})[value] = attachments[value]
        if kind in (cmd.USER, cmd.MENTIONABLE) and value in USERS:
            result.setdefault("users", {})[value] = USERS[value].as_json()
            if in_guild(channel_id) and value in MEMBERS:
                member = member_json(value, with_user=False)
                member["permissions"] = str(permissions(value, channel_id))
                result.setdefault("members", {})[value] = member
        if kind in (cmd.ROLE, cmd.MENTIONABLE) and value in ROLES:
            result.setdefault("roles", {})[value] = ROLES[value].as_json()
        if kind == cmd.CHANNEL and in_guild(value):
            held = str(permissions(user_id, value))
            result.setdefault("channels", {})[value] = {**channel_json(value), "permissions": held}
    return result
