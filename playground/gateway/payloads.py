"""The events that only the gateway makes.

https://docs.discord.com/developers/events/gateway-events
"""

from playground.gateway.connection import Session
from playground.gateway.intents import GUILD_PRESENCES
from playground.state.guild_objects import guild_create_json
from playground.state.seed import APPLICATION_ID, BOT_ID, GUILD_ID, USERS
from playground.state.world import World
from playground.types import Json


def ready(session: Session, url: str, flags: int) -> Json:
    """READY: who the bot is and its application's flags; its guild comes after it, as GUILD_CREATE."""
    return {
        "v": 10,
        "user": {**USERS[BOT_ID].as_json(), "email": None, "mfa_enabled": True, "verified": True},
        "guilds": [{"id": GUILD_ID, "unavailable": True}] if session.sees_guild() else [],
        "private_channels": [],
        "relationships": [],
        "session_id": session.id,
        "session_type": "normal",
        "resume_gateway_url": url,
        "shard": list(session.shard),
        "application": {"id": APPLICATION_ID, "flags": flags},
        "_trace": [],
    }


def guild_create(session: Session, world: World) -> Json:
    """GUILD_CREATE: without the presence intent the bot is its only member, and nobody's presence is told."""
    data = guild_create_json()
    if session.intents & GUILD_PRESENCES:
        data["presences"] = world.presences.online()
    else:
        data["members"] = [member for member in data["members"] if member["user"]["id"] == BOT_ID]
    return data
