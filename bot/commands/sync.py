"""Register the commands with Discord, but only when they differ from what is registered."""

import logging
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.http import Route

log = logging.getLogger(__name__)

_COMPARED: Final = frozenset(
    {
        "name",
        "description",
        "type",
        "options",
        "required",
        "choices",
        "value",
        "autocomplete",
        "min_value",
        "max_value",
        "min_length",
        "max_length",
        "channel_types",
        "nsfw",
        "default_member_permissions",
        "contexts",
        "integration_types",
    }
)
_TRANSLATED: Final = ("name_localizations", "description_localizations")


def comparable(value: Any) -> Any:
    """A command's payload without what Discord adds (ids, versions) and what it may leave out (defaults)."""
    if isinstance(value, dict):
        kept = {key: comparable(item) for key, item in value.items() if key in _COMPARED}
        kept |= {key: value.get(key) for key in _TRANSLATED}
        if (held := kept.get("default_member_permissions")) is not None:
            kept["default_member_permissions"] = str(held)  # a number here, a string there
        return {key: item for key, item in kept.items() if item not in (None, [], {}, "") and item is not False}
    if isinstance(value, list):
        items = [comparable(item) for item in value]
        return sorted(items) if all(isinstance(item, int) for item in items) else items
    return value


def _by_name(commands: list[Any]) -> dict[Any, Any]:
    return {(command.get("type", 1), command["name"]): comparable(command) for command in commands}


async def sync_if_changed(tree: app_commands.CommandTree[Any]) -> None:
    """Compare with GET, then PUT if need be. A failure is logged: what is registered goes on working."""
    client = tree.client
    if client.application_id is None:
        raise app_commands.MissingApplicationID
    # discord.py's own call does not ask for the translations.
    path = Route("GET", "/applications/{application_id}/commands", application_id=client.application_id)
    try:
        ours: list[Any] = [await _payload(command, tree) for command in tree.get_commands()]
        registered = await client.http.request(path, params={"with_localizations": "true"})
        if _by_name(registered) == _by_name(ours):
            log.info("commands unchanged count=%d", len(ours))
            return
        synced = await tree.sync()
    except (discord.HTTPException, app_commands.AppCommandError, aiohttp.ClientError, OSError) as error:
        log.error("commands not registered detail=%r", error)
        return
    log.info("commands registered count=%d", len(synced))


async def _payload(command: Any, tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
    translator = tree.translator
    payload = (
        command.to_dict(tree) if translator is None else await command.get_translated_payload(tree, translator)
    )
    return dict(payload)
