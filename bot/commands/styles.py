"""The models of the registry as suggestions, while the name of a style is typed."""

import asyncio
from typing import Final

from discord import app_commands
from redis.exceptions import RedisError

from bot.services import Services

SUGGESTIONS: Final = 25
"""As many as Discord shows."""


async def suggest_models(services: Services, typed: str) -> list[app_commands.Choice[str]]:
    """The models whose name contains what was typed; none while Redis cannot be asked."""
    try:
        models = await asyncio.to_thread(services.weights.models)
    except RedisError:
        return []
    found = [name for name in models if typed.strip().casefold() in name.casefold()]
    return [app_commands.Choice(name=name, value=name) for name in found[:SUGGESTIONS]]
