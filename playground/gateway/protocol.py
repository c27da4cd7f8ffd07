"""Opcodes and close codes, and what Discord checks of a client's IDENTIFY and RESUME.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
"""

from collections.abc import Mapping
from typing import Any

from playground.gateway.intents import KNOWN_INTENTS, PRIVILEGED
from playground.types import Json

HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME, RECONNECT, REQUEST_MEMBERS = 1, 2, 3, 4, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK, REQUEST_SOUNDS = 9, 10, 11, 31
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN, ALREADY_AUTHENTICATED = 4001, 4002, 4003, 4004, 4005
INVALID_SEQ, RATE_LIMITED, TIMED_OUT, INVALID_SHARD, INVALID_VERSION = 4007, 4008, 4009, 4010, 4012
INVALID_INTENTS, DISALLOWED_INTENTS = 4013, 4014


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


def read_intents(data: Json, granted: Mapping[str, bool]) -> int:
    """The intents of an IDENTIFY. Raises Closed for unknown ones, and for privileged ones that are not granted."""
    intents = data.get("intents")
    if not isinstance(intents, int) or isinstance(intents, bool) or intents & ~KNOWN_INTENTS:
        raise Closed(INVALID_INTENTS, "Invalid intent(s).")
    if any(intents & bit and not granted[name] for name, bit in PRIVILEGED.items()):
        raise Closed(DISALLOWED_INTENTS, "Disallowed intent(s).")
    return intents


def read_shard(data: Json) -> tuple[int, int]:
    """Shard and number of shards of an IDENTIFY. Raises Closed."""
    shard = data.get("shard") or [0, 1]
    numbers = isinstance(shard, list) and len(shard) == 2 and all(type(one) is int for one in shard)
    if not numbers or not 0 <= shard[0] < shard[1]:
        raise Closed(INVALID_SHARD, "Invalid shard.")
    return (shard[0], shard[1])
