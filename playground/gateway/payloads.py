"""The events that only the gateway makes.

https://docs.discord.com/developers/events/gateway-events
"""

from playground.gateway.connection import Session
from playground.state.guild_objects import member_json
from playground.state.seed import APPLICATION_ID, BOT_ID, GUILD_ID, MEMBERS, USERS
from playground.types import Json


def ready(session: Session, url: str) -> Json:
    """READY: who the bot is; its guild comes after it, as GUILD_CREATE."""
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
        "application": {"id": APPLICATION_ID, "flags": 0},
        "_trace": [],
    }


def members_chunk(data: Json) -> Json:
    """GUILD_MEMBERS_CHUNK: the members asked for by ids or by the start of a name."""
    wanted = data.get("user_ids") or []
    ids = {str(user) for user in (wanted if isinstance(wanted, list) else [wanted])}
    query = str(data.get("query") or "").lower()
    if ids:
        found = [user for user in MEMBERS if user in ids]
    else:
        found = [user for user in MEMBERS if USERS[user].username.startswith(query)]
    chunk: Json = {
        "guild_id": GUILD_ID,
        "members": [member_json(user) for user in found],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": sorted(ids - set(found)),
    }
    if data.get("nonce"):
        chunk["nonce"] = data["nonce"]
    return chunk


def own_membership(data: Json) -> Json | None:
    """THREAD_MEMBERS_UPDATE as those without the intent for members get it: of the bot alone, or None."""
    added = [member for member in data.get("added_members", []) if member["user_id"] == BOT_ID]
    removed = [user for user in data.get("removed_member_ids", []) if user == BOT_ID]
    if not added and not removed:
        return None
    kept = {key: data[key] for key in ("id", "guild_id", "member_count")}
    return kept | ({"added_members": added} if added else {}) | ({"removed_member_ids": removed} if removed else {})
