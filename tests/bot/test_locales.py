"""Every command has its names and texts in every language, as Discord takes them."""

import re
from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.commands.about import About
from bot.commands.ascii import Ascii
from bot.commands.forgetting import Forgetting
from bot.commands.message_menu import MessageMenu
from bot.commands.model_admin import ModelAdmin
from bot.commands.registration import Catalogue
from bot.commands.server_settings import ServerSettings
from bot.commands.user_menu import UserMenu
from jobs.text.translation import LANGUAGES

NAME = re.compile(r"[-_'\w]{1,32}", re.UNICODE)


def all_commands() -> list[Any]:
    """Everything that the bot registers with Discord; nothing of it can be invoked."""
    nothing: Any = None
    return [
        *Ascii(nothing, nothing).get_app_commands(),
        MessageMenu(nothing, nothing, nothing).menu,
        UserMenu(nothing, nothing).menu,
        *About(nothing, nothing).get_app_commands(),
        *Forgetting(nothing, nothing).get_app_commands(),
        ServerSettings(nothing, nothing, nothing).app_command,
        ModelAdmin(nothing, nothing, nothing, nothing).app_command,
    ]


async def payloads() -> list[dict[str, Any]]:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    commands = all_commands()
    for command in commands:
        tree.add_command(command)
    assert {command.name for command in tree.get_commands()} == {command.name for command in commands}
    return [await command.get_translated_payload(tree, Catalogue()) for command in commands]


def parts(thing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield thing
    for inner in (*thing.get("options", []), *thing.get("choices", [])):
        yield from parts(inner)


async def test_names_and_texts_are_as_discord_takes_them_in_every_language() -> None:
    for payload in await payloads():
        for part in parts(payload):
            for key in ("name", "description"):
                if not (text := part.get(key)):
                    continue
                translated = part[f"{key}_localizations"]
                assert set(LANGUAGES) <= set(translated), text
                is_name = key == "name" and "value" not in part
                for words in (text, *translated.values()):
                    assert 0 < len(words) <= (32 if is_name else 100), words
                    if is_name and payload["type"] == 1:
                        assert NAME.fullmatch(words) and words == words.lower(), words


async def test_names_of_commands_and_options_do_not_collide_in_any_language() -> None:
    found = await payloads()
    for language in LANGUAGES:
        for siblings in (
            found,
            *(part["options"] for payload in found for part in parts(payload) if "options" in part),
        ):
            names = [one["name_localizations"][language] for one in siblings]
            assert len(names) == len(set(names)), language


async def test_a_command_stays_within_discords_total() -> None:
    """4,000 characters for names, descriptions and values of a command, in its longest language."""
    for payload in await payloads():
        total = 0
        for part in parts(payload):
            for key in ("name", "description"):
                translated = part.get(f"{key}_localizations") or {}
                total += max(len(words) for words in (part.get(key) or "", *translated.values()))
            total += len(str(part.get("value", "")))
        assert total <= 4000, payload["name"]
