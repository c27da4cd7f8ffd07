"""Which events a session is told, by the intents that it identified with, and what of a message it may read.

https://docs.discord.com/developers/events/gateway#gateway-intents
"""

from typing import Final

from playground.state.seed import BOT_ID, DIRECTS
from playground.types import Json

(
    GUILDS,
    GUILD_MEMBERS,
    GUILD_MODERATION,
    GUILD_EXPRESSIONS,
    GUILD_INTEGRATIONS,
    GUILD_WEBHOOKS,
    GUILD_INVITES,
    GUILD_VOICE_STATES,
    GUILD_PRESENCES,
    GUILD_MESSAGES,
    GUILD_MESSAGE_REACTIONS,
    GUILD_MESSAGE_TYPING,
    DIRECT_MESSAGES,
    DIRECT_MESSAGE_REACTIONS,
    DIRECT_MESSAGE_TYPING,
    MESSAGE_CONTENT,
    GUILD_SCHEDULED_EVENTS,
) = (1 << bit for bit in range(17))
AUTO_MODERATION_CONFIGURATION, AUTO_MODERATION_EXECUTION = 1 << 20, 1 << 21
GUILD_MESSAGE_POLLS, DIRECT_MESSAGE_POLLS = 1 << 24, 1 << 25
PRIVILEGED: Final = {"members": GUILD_MEMBERS, "presences": GUILD_PRESENCES, "message_content": MESSAGE_CONTENT}
"""Those that an application is granted in the developer portal, by the portal's names for them."""
# Bit 17 is of no documented event; clients that ask for everything send it, and Discord takes it.
KNOWN_INTENTS: Final = (
    (1 << 18) - 1
    | AUTO_MODERATION_CONFIGURATION
    | AUTO_MODERATION_EXECUTION
    | GUILD_MESSAGE_POLLS
    | DIRECT_MESSAGE_POLLS
)

FOR_DIRECT: Final = {
    GUILD_MESSAGES: DIRECT_MESSAGES,
    GUILD_MESSAGE_REACTIONS: DIRECT_MESSAGE_REACTIONS,
    GUILD_MESSAGE_TYPING: DIRECT_MESSAGE_TYPING,
    GUILD_MESSAGE_POLLS: DIRECT_MESSAGE_POLLS,
    GUILDS: DIRECT_MESSAGES,  # CHANNEL_PINS_UPDATE
}
"""What takes an intent's place in direct messages."""
_EVENTS: Final = {
    GUILDS: "GUILD_CREATE GUILD_UPDATE GUILD_DELETE GUILD_ROLE_CREATE GUILD_ROLE_UPDATE GUILD_ROLE_DELETE "
    "CHANNEL_CREATE CHANNEL_UPDATE CHANNEL_DELETE CHANNEL_PINS_UPDATE THREAD_CREATE THREAD_UPDATE THREAD_DELETE "
    "THREAD_LIST_SYNC THREAD_MEMBER_UPDATE THREAD_MEMBERS_UPDATE "
    "STAGE_INSTANCE_CREATE STAGE_INSTANCE_UPDATE STAGE_INSTANCE_DELETE",
    GUILD_MEMBERS: "GUILD_MEMBER_ADD GUILD_MEMBER_UPDATE GUILD_MEMBER_REMOVE",
    GUILD_MODERATION: "GUILD_AUDIT_LOG_ENTRY_CREATE GUILD_BAN_ADD GUILD_BAN_REMOVE",
    GUILD_EXPRESSIONS: "GUILD_EMOJIS_UPDATE GUILD_STICKERS_UPDATE GUILD_SOUNDBOARD_SOUND_CREATE "
    "GUILD_SOUNDBOARD_SOUND_UPDATE GUILD_SOUNDBOARD_SOUND_DELETE GUILD_SOUNDBOARD_SOUNDS_UPDATE",
    GUILD_INTEGRATIONS: "GUILD_INTEGRATIONS_UPDATE INTEGRATION_CREATE INTEGRATION_UPDATE INTEGRATION_DELETE",
    GUILD_WEBHOOKS: "WEBHOOKS_UPDATE",
    GUILD_INVITES: "INVITE_CREATE INVITE_DELETE",
    GUILD_VOICE_STATES: "VOICE_STATE_UPDATE VOICE_CHANNEL_EFFECT_SEND",
    GUILD_PRESENCES: "PRESENCE_UPDATE",
    GUILD_MESSAGES: "MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE MESSAGE_DELETE_BULK",
    GUILD_MESSAGE_REACTIONS: "MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL "
    "MESSAGE_REACTION_REMOVE_EMOJI",
    GUILD_MESSAGE_TYPING: "TYPING_START",
    GUILD_SCHEDULED_EVENTS: "GUILD_SCHEDULED_EVENT_CREATE GUILD_SCHEDULED_EVENT_UPDATE "
    "GUILD_SCHEDULED_EVENT_DELETE GUILD_SCHEDULED_EVENT_USER_ADD GUILD_SCHEDULED_EVENT_USER_REMOVE",
    AUTO_MODERATION_CONFIGURATION: "AUTO_MODERATION_RULE_CREATE AUTO_MODERATION_RULE_UPDATE "
    "AUTO_MODERATION_RULE_DELETE",
    AUTO_MODERATION_EXECUTION: "AUTO_MODERATION_ACTION_EXECUTION",
    GUILD_MESSAGE_POLLS: "MESSAGE_POLL_VOTE_ADD MESSAGE_POLL_VOTE_REMOVE",
}
INTENT_OF: Final = {name: intent for intent, names in _EVENTS.items() for name in names.split()}
"""The intent that an event needs; one that is not here goes to every session."""
WITH_CONTENT: Final = frozenset({"MESSAGE_CREATE", "MESSAGE_UPDATE"})


def wanted(intents: int, name: str, data: Json) -> bool:
    """Whether a session with these intents is told of the event."""
    needed = INTENT_OF.get(name, 0)
    if data.get("channel_id") in DIRECTS:
        needed = FOR_DIRECT.get(needed, needed)
    if name == "GUILD_MEMBER_UPDATE" and data["user"]["id"] == BOT_ID:
        needed = 0  # of itself a bot is always told
    if name == "VOICE_STATE_UPDATE" and data["user_id"] == BOT_ID:
        needed = 0
    return intents & needed == needed


def readable(intents: int, name: str, data: Json) -> Json | None:
    """The event as a session with these intents may read it; None where nothing is left of it."""
    if name in WITH_CONTENT and not intents & MESSAGE_CONTENT:
        return without_content(data)
    if name == "THREAD_MEMBERS_UPDATE" and not intents & GUILD_MEMBERS:
        return own_membership(data)
    return data


def own_membership(data: Json) -> Json | None:
    """THREAD_MEMBERS_UPDATE as those without the intent for members get it: of the bot alone, or None."""
    added = [member for member in data.get("added_members", []) if member["user_id"] == BOT_ID]
    removed = [user for user in data.get("removed_member_ids", []) if user == BOT_ID]
    if not added and not removed:
        return None
    kept = {key: data[key] for key in ("id", "guild_id", "member_count")}
    return kept | ({"added_members": added} if added else {}) | ({"removed_member_ids": removed} if removed else {})


def without_content(message: Json) -> Json:
    """The message object as without the message content intent: other people's words, files, embeds, components
    and poll are missing, unless they mention the bot or are direct messages to it.

    https://docs.discord.com/developers/events/gateway#message-content-intent"""
    stripped = dict(message)
    if message.get("referenced_message"):
        stripped["referenced_message"] = without_content(message["referenced_message"])
    by_us = BOT_ID in (message["author"]["id"], message.get("application_id"))  # the latter: our webhook
    ours = by_us or BOT_ID in [user["id"] for user in message["mentions"]]
    if not ours and message["channel_id"] not in DIRECTS:
        stripped |= {"content": "", "attachments": [], "embeds": [], "components": []}
        stripped.pop("poll", None)
        stripped.pop("message_snapshots", None)
    return stripped
