"""What a connected bot asks of the gateway, or tells it: members, sounds, its presence, a place in a voice channel.

https://docs.discord.com/developers/events/gateway-events#send-events
"""

from collections.abc import Iterator
from typing import Any, Final

from playground.gateway.connection import Session
from playground.gateway.intents import GUILD_MEMBERS, GUILD_PRESENCES
from playground.gateway.protocol import DECODE_ERROR, DISALLOWED_INTENTS, Closed
from playground.state.guild_objects import member_json
from playground.state.permissions import CONNECT
from playground.state.presences import read_presence
from playground.state.seed import BOT_ID, CHANNELS, GUILD_ID, MEMBERS, STAGE, VOICE, permissions
from playground.state.world import World
from playground.types import Json

CHUNK: Final = 1000
MOST_ASKED: Final = 100
LONGEST_NONCE: Final = 32


def _malformed() -> Closed:
    return Closed(DECODE_ERROR, "Error while decoding payload.")


def member_chunks(session: Session, world: World, data: Any) -> Iterator[Json]:
    """Op 8, whose ids may be numbers: GUILD_MEMBERS_CHUNK events with members, by their ids or the start of a name.

    Raises Closed for what is malformed, and for all members or presences without the intent for them."""
    if not isinstance(data, dict) or ("query" not in data and "user_ids" not in data):
        raise _malformed()
    query, limit, asked = data.get("query"), data.get("limit", 0), data.get("user_ids")
    asked = [asked] if isinstance(asked, (str, int)) else asked or []
    if not isinstance(query, str | None) or not isinstance(limit, int) or not isinstance(asked, list) or limit < 0:
        raise _malformed()
    with_presences = bool(data.get("presences"))
    if with_presences and not session.intents & GUILD_PRESENCES:
        raise Closed(DISALLOWED_INTENTS, "Presences need the presence intent.")
    if not asked and not query and limit == 0 and not session.intents & GUILD_MEMBERS:
        raise Closed(DISALLOWED_INTENTS, "All members need the server members intent.")
    if str(data.get("guild_id")) != GUILD_ID or not session.sees_guild():
        return
    ids = list(dict.fromkeys(str(user) for user in asked[:MOST_ASKED]))
    if ids:
        found = [user for user in ids if user in MEMBERS]
    else:
        found = [user for user in MEMBERS if _is_called(user, (query or "").lower())]
        found = found[: min(limit or MOST_ASKED, MOST_ASKED) if query else limit or None]
    parts = [found[start : start + CHUNK] for start in range(0, len(found), CHUNK)] or [[]]
    nonce = data.get("nonce")
    for index, part in enumerate(parts):
        chunk: Json = {
            "guild_id": GUILD_ID,
            "members": [member_json(user) for user in part],
            "chunk_index": index,
            "chunk_count": len(parts),
        }
        if missing := [user for user in ids if user not in MEMBERS]:
            chunk["not_found"] = missing
        if with_presences:
            chunk["presences"] = [world.presences.of(user) for user in part]
        # A longer one is ignored.
        if isinstance(nonce, str) and len(nonce.encode("utf-8", "surrogatepass")) <= LONGEST_NONCE:
            chunk["nonce"] = nonce
        yield chunk


def _is_called(user_id: str, start: str) -> bool:
    member = member_json(user_id)
    names = (member["user"]["username"], member["user"]["global_name"], member["nick"])
    return any(name.lower().startswith(start) for name in names if name)


def sounds(data: Any) -> Iterator[Json]:
    """Op 31: SOUNDBOARD_SOUNDS of each guild asked for. Raises Closed."""
    if not isinstance(data, dict) or not isinstance(data.get("guild_ids"), list):
        raise _malformed()
    if GUILD_ID in map(str, data["guild_ids"]):
        yield {"guild_id": GUILD_ID, "soundboard_sounds": []}


def heard_presence(data: Any) -> Json:
    """Status and activities of an op 3, or of the `presence` of an IDENTIFY. Raises Closed."""
    presence = read_presence(data)
    if presence is None:
        raise _malformed()
    return presence


def voice_events(session: Session, data: Any) -> Iterator[tuple[str, Json]]:
    """Op 4: the bot in or out of a voice channel. There are no voice servers here, and Discord has a way to say so:
    an endpoint of null, for which a client waits. Where the bot may not connect, nothing happens. Raises Closed."""
    if not isinstance(data, dict) or "channel_id" not in data:
        raise _malformed()
    channel_id = None if data["channel_id"] is None else str(data["channel_id"])
    if str(data.get("guild_id")) != GUILD_ID or not session.sees_guild():
        return
    if channel_id is not None:
        channel = CHANNELS.get(channel_id)
        if channel is None or channel.kind not in (VOICE, STAGE) or not permissions(BOT_ID, channel.id) & CONNECT:
            return
    yield (
        "VOICE_STATE_UPDATE",
        {
            "guild_id": GUILD_ID,
            "channel_id": channel_id,
            "user_id": BOT_ID,
            "member": member_json(BOT_ID),
            "session_id": session.id,
            "deaf": False,
            "mute": False,
            "self_deaf": bool(data.get("self_deaf")),
            "self_mute": bool(data.get("self_mute")),
            "self_video": False,
            "suppress": False,
            "request_to_speak_timestamp": None,
        },
    )
    if channel_id is not None:
        yield "VOICE_SERVER_UPDATE", {"guild_id": GUILD_ID, "token": session.id, "endpoint": None}
