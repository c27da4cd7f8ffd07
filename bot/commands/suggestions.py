"""What Discord offers while an option is typed: palettes, and the models of the registry."""

import asyncio

from discord import app_commands
from redis.exceptions import RedisError

from bot.render.latest_picture import sees_content
from bot.render.options import DEFAULT_STYLE, SUGGESTIONS, suggest_palettes
from bot.render.source_option import suggest_sources
from bot.replies.interactions import Interaction, language
from bot.services import Services
from jobs.text.choices import AUTO
from jobs.text.translation import translate

Choices = list[app_commands.Choice[str]]


def palette_choices(interaction: Interaction, typed: str) -> Choices:
    """The palettes that fit what was typed, by their names in the person's language."""
    found = suggest_palettes(typed, language(interaction))
    return [app_commands.Choice(name=label, value=value) for label, value in found]


def source_choices(interaction: Interaction, typed: str) -> Choices:
    """The sources that fit what was typed, by their names in the person's language."""
    unseen = interaction.guild_id is not None and not sees_content(interaction.client)
    found = suggest_sources(typed, language(interaction), unseen=unseen)
    return [app_commands.Choice(name=label, value=value) for label, value in found]


async def suggest_models(services: Services, typed: str) -> Choices:
    """The models whose name contains what was typed; none while Redis cannot be asked."""
    try:
        models = await asyncio.to_thread(services.weights.models)
    except RedisError:
        return []
    found = [name for name in models if typed.strip().casefold() in name.casefold()]
    return [app_commands.Choice(name=name, value=name) for name in found[:SUGGESTIONS]]


async def suggest_styles(services: Services, interaction: Interaction, typed: str) -> Choices:
    """The same, after the choice of the bot's default where nothing or its name was typed."""
    automatic = translate(DEFAULT_STYLE, language(interaction))
    found = await suggest_models(services, typed)
    if typed.strip().casefold() not in f"{automatic} {AUTO}".casefold():
        return found
    return [app_commands.Choice(name=automatic, value=AUTO), *found][:SUGGESTIONS]
