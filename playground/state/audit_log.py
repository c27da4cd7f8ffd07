"""The audit log: who changed what in the guild, and why.

https://docs.discord.com/developers/resources/audit-log
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from playground.state.events import Events
from playground.state.permissions import VIEW_AUDIT_LOG
from playground.state.seed import BOT_ID, GUILD_ID, guild_permissions
from playground.state.snowflake import Snowflakes
from playground.types import Json

MOST_KEPT = 10_000


class Action(IntEnum):
    GUILD_UPDATE = 1
    CHANNEL_CREATE = 10
    CHANNEL_UPDATE = 11
    CHANNEL_DELETE = 12
    OVERWRITE_CREATE = 13
    OVERWRITE_UPDATE = 14
    OVERWRITE_DELETE = 15
    MEMBER_KICK = 20
    MEMBER_PRUNE = 21
    MEMBER_BAN_ADD = 22
    MEMBER_BAN_REMOVE = 23
    MEMBER_UPDATE = 24
    MEMBER_ROLE_UPDATE = 25
    ROLE_CREATE = 30
    ROLE_UPDATE = 31
    ROLE_DELETE = 32
    EMOJI_CREATE = 60
    EMOJI_UPDATE = 61
    EMOJI_DELETE = 62
    STICKER_CREATE = 90
    STICKER_UPDATE = 91
    STICKER_DELETE = 92
    INVITE_CREATE = 40
    INVITE_DELETE = 42
    WEBHOOK_CREATE = 50
    WEBHOOK_UPDATE = 51
    WEBHOOK_DELETE = 52
    MESSAGE_DELETE = 72
    MESSAGE_BULK_DELETE = 73
    MESSAGE_PIN = 74
    MESSAGE_UNPIN = 75
    SCHEDULED_EVENT_CREATE = 100
    SCHEDULED_EVENT_UPDATE = 101
    SCHEDULED_EVENT_DELETE = 102
    THREAD_CREATE = 110
    THREAD_UPDATE = 111
    THREAD_DELETE = 112


@dataclass(frozen=True)
class Act:
    """Who does something to the guild, and the reason given (X-Audit-Log-Reason)."""

    by: str = BOT_ID
    reason: str | None = None


class AuditLog:
    def __init__(self, ids: Snowflakes, events: Events) -> None:
        self.entries: deque[Json] = deque(maxlen=MOST_KEPT)
        """Oldest first; Discord forgets them after 45 days, and here the oldest go."""
        self._ids, self._events = ids, events

    def add(
        self,
        act: Act,
        action: Action,
        target_id: str | None,
        changes: list[Json] | None = None,
        options: Json | None = None,
    ) -> None:
        """Write an entry, of which the bot is told if it may see the log."""
        entry: Json = {
            "id": self._ids.next(),
            "action_type": int(action),
            "user_id": act.by,
            "target_id": target_id,
        }
        extra = {"changes": changes, "options": options, "reason": act.reason}
        entry.update({key: value for key, value in extra.items() if value})
        self.entries.append(entry)
        if guild_permissions(BOT_ID) & VIEW_AUDIT_LOG:
            self._events.emit("GUILD_AUDIT_LOG_ENTRY_CREATE", {**entry, "guild_id": GUILD_ID})


def changed(old: Json, new: Json) -> list[Json]:
    """The fields that differ, as an entry's changes; what was not there or is null is left out of a change."""
    found: list[Json] = []
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before != after:
            found.append({"key": key, **_given("old_value", before), **_given("new_value", after)})
    return found


def _given(name: str, value: Any) -> Json:
    return {} if value is None else {name: value}
