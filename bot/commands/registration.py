"""Where Discord offers a command and what it is called in other languages; registered only where that differs.

English names stand in the code, the others in the catalogues (jobs.text.translation). Without commands nobody can
use the bot, so a Discord that cannot take them now is asked again until it does.
"""

import logging
from typing import Any, Final, TypeVar

import discord
from discord import app_commands
from discord.http import Route
from tenacity import AsyncRetrying, retry_if_result, wait_exponential_jitter

from bot.commands.command_mentions import CommandIds
from bot.gateway.retries import is_trouble
from bot.replies.interactions import UNDELIVERED
from jobs.observability.logs import describe_error
from jobs.text.translation import LANGUAGES, NAME, template, translate_in

log = logging.getLogger(__name__)

T = TypeVar("T")
_BACK_OFF: Final = wait_exponential_jitter(multiplier=1, max=300, jitter=1)

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
        "file_types",
        "nsfw",
        "default_member_permissions",
        "contexts",
        "integration_types",
    }
)
_TRANSLATED: Final = ("name_localizations", "description_localizations")
_NAMES = (
    app_commands.TranslationContextLocation.command_name,
    app_commands.TranslationContextLocation.group_name,
    app_commands.TranslationContextLocation.parameter_name,
)


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


async def keep_trying(tree: app_commands.CommandTree[Any], ids: CommandIds) -> None:
    """Register them although that has just failed, sooner or later; what nobody foresaw is no reason to give up."""

    async def attempt() -> bool:
        try:
            return await sync_if_changed(tree, ids)
        except Exception:
            log.exception("commands not registered; trying again")
            return False

    await AsyncRetrying(retry=retry_if_result(lambda done: not done), wait=_BACK_OFF)(attempt)


async def sync_if_changed(tree: app_commands.CommandTree[Any], ids: CommandIds) -> bool:
    """Compare with GET, then PUT if need be; `ids` get what Discord calls them.

    What is registered goes on working whatever happens.
    False where Discord could not do it now; a refusal is logged and is not going to change.
    """
    client = tree.client
    if client.application_id is None:
        raise app_commands.MissingApplicationID
    # discord.py's own call does not ask for the translations.
    path = Route("GET", "/applications/{application_id}/commands", application_id=client.application_id)
    try:
        ours: list[Any] = [await _payload(command, tree) for command in tree.get_commands()]
        registered = await client.http.request(path, params={"with_localizations": "true"})
        ids.note(registered)
        if _by_name(registered) == _by_name(ours):
            log.info("commands unchanged count=%d", len(ours))
            return True
        # Not discord.py's own call, which knows no file types.
        synced = await client.http.bulk_upsert_global_commands(client.application_id, payload=ours)
    except (*UNDELIVERED, app_commands.AppCommandError) as error:
        log.error("commands not registered detail=%s", describe_error(error))
        return not is_trouble(error)
    ids.note(synced)
    log.info("commands registered count=%d", len(synced))
    return True


async def _payload(command: Any, tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
    translator = tree.translator
    payload = (
        command.to_dict(tree) if translator is None else await command.get_translated_payload(tree, translator)
    )
    types = getattr(command, "extras", {}).get("file_types", {})
    options = [
        {**option, "file_types": types[option["name"]]} if option["name"] in types else option
        for option in payload.get("options", [])
    ]
    return {**payload, "options": options} if types else dict(payload)


class Catalogue(app_commands.Translator):
    """discord.py asks it for each text and language when the commands are registered."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in that language; None leaves it in English."""
        language = LANGUAGES.get(locale.value)
        if language is None:
            return None
        named = context.location in _NAMES
        return translate_in(NAME, string.message, language) if named else template(string.message, language)


def everywhere(command: T) -> T:
    """On servers, in direct messages, and for people who have installed the app for themselves."""
    contexts = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    return app_commands.allowed_installs(guilds=True, users=True)(contexts(command))
