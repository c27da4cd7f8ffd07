"""Opcodes, close codes and intents, and what Discord checks of a client's IDENTIFY and RESUME.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
"""

from typing import Any

from playground.types import Json

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME, RECONNECT, REQUEST_MEMBERS = 0, 1, 2, 3, 4, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN, ALREADY_AUTHENTICATED = 4001, 4002, 4003, 4004, 4005
INVALID_SEQ, RATE_LIMITED, TIMED_OUT, INVALID_SHARD, INVALID_VERSION = 4007, 4008, 4009, 4010, 4012
INVALID_INTENTS, DISALLOWED_INTENTS = 4013, 4014

GUILDS, GUILD_MESSAGES, GUILD_MESSAGE_REACTIONS, GUILD_POLLS = 1 << 0, 1 << 9, 1 << 10, 1 << 24
FOR_DIRECT = {
    GUILD_MESSAGES: 1 << 12,
    GUILD_MESSAGE_REACTIONS: 1 << 13,
    GUILDS: 1 << 12,
    GUILD_POLLS: 1 << 25,
    0: 0,
}  # its counterpart in direct messages
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15  # members, presences, message content: granted to nobody here
KNOWN_INTENTS = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
INTENT_OF = {
    "MESSAGE_CREATE": GUILD_MESSAGES,
    "MESSAGE_UPDATE": GUILD_MESSAGES,
    "MESSAGE_DELETE": GUILD_MESSAGES,
    "MESSAGE_DELETE_BULK": GUILD_MESSAGES,
    "MESSAGE_REACTION_ADD": GUILD_MESSAGE_REACTIONS,
    "MESSAGE_REACTION_REMOVE": GUILD_MESSAGE_REACTIONS,
    "MESSAGE_REACTION_REMOVE_ALL": GUILD_MESSAGE_REACTIONS,
    "MESSAGE_REACTION_REMOVE_EMOJI": GUILD_MESSAGE_REACTIONS,
    "GUILD_UPDATE": GUILDS,
    "GUILD_ROLE_CREATE": GUILDS,
    "GUILD_ROLE_UPDATE": GUILDS,
    "GUILD_ROLE_DELETE": GUILDS,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "GUILD_MEMBER_ADD": 1 << 1,
    "GUILD_MEMBER_UPDATE": 1 << 1,
    "GUILD_MEMBER_REMOVE": 1 << 1,
    "GUILD_AUDIT_LOG_ENTRY_CREATE": 1 << 2,
    "GUILD_BAN_ADD": 1 << 2,
    "GUILD_BAN_REMOVE": 1 << 2,
    "MESSAGE_POLL_VOTE_ADD": GUILD_POLLS,
    "MESSAGE_POLL_VOTE_REMOVE": GUILD_POLLS,
    "INVITE_CREATE": 1 << 6,
    "INVITE_DELETE": 1 << 6,
    "WEBHOOKS_UPDATE": 1 << 5,
    "CHANNEL_PINS_UPDATE": GUILDS,
    "THREAD_CREATE": GUILDS,
    "THREAD_UPDATE": GUILDS,
    "THREAD_DELETE": GUILDS,
    "THREAD_LIST_SYNC": GUILDS,
    "THREAD_MEMBER_UPDATE": GUILDS,
    "THREAD_MEMBERS_UPDATE": GUILDS,
    "GUILD_EMOJIS_UPDATE": 1 << 3,
    "GUILD_STICKERS_UPDATE": 1 << 3,
    "GUILD_SCHEDULED_EVENT_CREATE": 1 << 16,
    "GUILD_SCHEDULED_EVENT_UPDATE": 1 << 16,
    "GUILD_SCHEDULED_EVENT_DELETE": 1 << 16,
    "USER_UPDATE": 0,
    "INTERACTION_CREATE": 0,
}


class Closed(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def check_hello(data: Any, token: str) -> Json:
    """What IDENTIFY or RESUME carries. Raises Closed when it is no object or its token is another bot's."""
    if not isinstance(data, dict):
        raise Closed(DECODE_ERROR, "Error while decoding payload.")
    if str(data.get("token", "")).removeprefix("Bot ") != token:
        raise Closed(WRONG_TOKEN, "Authentication failed.")
    return data


def read_intents(data: Json) -> int:
    """The intents of an IDENTIFY. Raises Closed for unknown and for privileged ones."""
    intents = data.get("intents")
    if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
        raise Closed(INVALID_INTENTS, "Invalid intent(s).")
    if intents & PRIVILEGED:
        raise Closed(DISALLOWED_INTENTS, "Disallowed intent(s).")
    return intents


def read_shard(data: Json) -> tuple[int, int]:
    """Shard and number of shards of an IDENTIFY. Raises Closed."""
    shard = data.get("shard") or [0, 1]
    if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
        raise Closed(INVALID_SHARD, "Invalid shard.")
    return (shard[0], shard[1])
