"""Interactions: a command used, a button pressed, a form sent. Checks what the person entered as Discord's own
client would, and makes the INTERACTION_CREATE event of it.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from playground import commands as cmd
from playground.clock import iso
from playground.components import CHANNEL_SELECT, MENTIONABLE_SELECT, ROLE_SELECT, USER_SELECT
from playground.errors import ControlError
from playground.guild import (
    ATTACH_FILES,
    BOT_ID,
    CHANNELS,
    DIRECTS,
    EMBED_LINKS,
    GUILD_ID,
    IN_BOT_DM,
    IN_GUILD,
    IN_PRIVATE_CHANNEL,
    ROLES,
    USERS,
    channel_json,
    context_of,
    member_json,
    permissions,
)
from playground.messages import Attachment

Json = dict[str, Any]

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
ACKNOWLEDGE_WITHIN_S = 3.0
TOKEN_LIVES_S = 15 * 60.0
KIND_NAMES = {cmd.STRING: "string", cmd.INTEGER: "integer", cmd.BOOLEAN: "boolean", cmd.NUMBER: "number"}


@dataclass
class Interaction:
    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    created: float
    data: Json
    attachment_size_limit: int
    locale: str = "en-US"  # of its user's client
    owners: Json = field(default_factory=lambda: {"0": GUILD_ID})  # authorizing_integration_owners
    command: str = ""
    message_id: str | None = None  # the message that a component sits on
    files: list[str] = field(default_factory=list)  # what the person uploaded with it
    acknowledged: bool = False
    failed: bool = False  # to its user: the application did not respond
    response_type: int | None = None
    response_message_id: str | None = None
    response_data: Json | None = None  # choices (8) or modal (9)
    followup_ids: list[str] = field(default_factory=list)
    parent: Interaction | None = None  # what opened the modal

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "type": self.type,
            "user_id": self.user_id,
            "channel_id": self.channel_id,
            "command": self.command,
            "created": iso(self.created),
            "message_id": self.message_id,
            "target_id": self.data.get("target_id"),
            "acknowledged": self.acknowledged,
            "failed": self.failed,
            "response_type": self.response_type,
            "response_message_id": self.response_message_id,
            "response_data": self.response_data,
            "followup_ids": self.followup_ids,
        }

    def metadata(self) -> Json:
        """interaction_metadata of the messages that answer this."""
        data: Json = {
            "id": self.id,
            "type": self.type,
            "user": USERS[self.user_id].as_json(),
            "authorizing_integration_owners": self.owners,
        }
        if self.type == COMPONENT:
            data["interacted_message_id"] = self.message_id
        if self.type == COMMAND and "target_id" in self.data:
            data["target_message_id"] = self.data["target_id"]
        if self.type == MODAL and self.parent is not None:
            data["triggering_interaction_metadata"] = self.parent.metadata()
        return data


def new_token(interaction_id: str) -> str:
    random = secrets.token_urlsafe(48)
    return base64.urlsafe_b64encode(f"interaction:{interaction_id}:{random}".encode()).decode().rstrip("=")


def event(interaction: Interaction, application_id: str, message: Json | None = None) -> Json:
    """The data of INTERACTION_CREATE."""
    channel_id = interaction.channel_id
    held = str(permissions(interaction.user_id, channel_id))
    data: Json = {
        "id": interaction.id,
        "application_id": application_id,
        "type": interaction.type,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": channel_id,
        "channel": {**channel_json(channel_id), "permissions": held},
        "locale": interaction.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": interaction.owners,
        "context": context_of(channel_id),
        "attachment_size_limit": interaction.attachment_size_limit,
    }
    if channel_id in CHANNELS:
        data["guild_id"], data["guild_locale"] = GUILD_ID, "en-US"
        data["guild"] = {"id": GUILD_ID, "locale": "en-US", "features": []}
        data["member"] = {**member_json(interaction.user_id), "permissions": held}
        data["app_permissions"] = str(permissions(BOT_ID, channel_id))
    else:
        data["user"] = USERS[interaction.user_id].as_json()
        data["app_permissions"] = str(ATTACH_FILES | EMBED_LINKS)
    if message is not None:
        data["message"] = message
    return data


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


def check_context(command: Json, channel_id: str) -> None:
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
        found["0"] = GUILD_ID if channel_id in CHANNELS else "0"
    if 1 in command["integration_types"]:
        found["1"] = user_id
    return found


def check_permission(command: Json, user_id: str, channel_id: str) -> None:
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
        cmd.CHANNEL: value in CHANNELS,
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
        low, high = option.get("min_length", 0), option.get("max_length", 6000)
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
            if channel_id in CHANNELS:
                member = member_json(value, with_user=False)
                member["permissions"] = str(permissions(value, channel_id))
                result.setdefault("members", {})[value] = member
        if kind in (cmd.ROLE, cmd.MENTIONABLE) and value in ROLES:
            result.setdefault("roles", {})[value] = ROLES[value].as_json()
        if kind == cmd.CHANNEL and value in CHANNELS:
            held = str(permissions(user_id, value))
            result.setdefault("channels", {})[value] = {**CHANNELS[value].as_json(), "permissions": held}
    return result
