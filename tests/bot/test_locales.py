"""The catalogue has every text of the commands that members use, in every language, as Discord takes it."""

import re
from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.about import about_commands
from bot.ascii import ascii_command
from bot.locales import LANGUAGES, TEXTS, Catalogue
from bot.picker import make_ascii

NAME = re.compile(r"[-_'\w]{1,32}", re.UNICODE)


async def payloads() -> list[dict[str, Any]]:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    nothing: Any = None  # the commands are never invoked
    commands: list[Any] = [ascii_command(nothing), make_ascii(nothing, nothing), *about_commands(nothing, nothing)]
    for command in commands:
        tree.add_command(command)
    return [await command.get_translated_payload(tree, Catalogue()) for command in commands]


def parts(thing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield thing
    for inner in (*thing.get("options", []), *thing.get("choices", [])):
        yield from parts(inner)


async def test_every_text_is_there_in_every_language_and_none_is_left_over() -> None:
    used = set()
    for payload in await payloads():
        for part in parts(payload):
            for key in ("name", "description"):
                if not (text := part.get(key)):
                    continue
                used.add(text)
                translated = part[f"{key}_localizations"]
                assert {language.value for language in LANGUAGES} <= set(translated), text
                most = 32 if key == "name" and "value" not in part else 100
                for words in translated.values():
                    assert 0 < len(words) <= most, words
                    if key == "name" and "value" not in part and payload["type"] == 1:
                        assert NAME.fullmatch(words) and words == words.lower(), words
    assert used == set(TEXTS)


async def test_names_of_options_do_not_collide_in_any_language() -> None:
    for payload in await payloads():
        for language in LANGUAGES:
            names = [option["name_localizations"][language.value] for option in payload.get("options", [])]
            assert len(names) == len(set(names)), language
