"""Bans, and what they take with them.

https://docs.discord.com/developers/resources/guild#create-guild-ban
"""

from collections import UserDict

from playground.errors import unknown
from playground.state.audit_log import Act, Action, AuditLog
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.members import Members, member_of
from playground.state.message import Message
from playground.state.messages import Messages
from playground.state.permissions import BAN_MEMBERS, KICK_MEMBERS
from playground.state.ranks import need, need_above
from playground.state.seed import CHANNELS, GUILD_ID, MEMBERS, THREADS, USERS
from playground.types import Json


class Bans(UserDict[str, str | None]):
    """Reasons by the id of the banned user."""

    def __init__(self, clock: Clock, events: Events, audit: AuditLog, members: Members, messages: Messages) -> None:
        super().__init__()
        self._clock, self._events, self._audit = clock, events, audit
        self._members, self._messages = members, messages

    def kick(self, act: Act, user_id: str) -> None:
        """Raises ApiError 10007 or 50013."""
        need(act.by, KICK_MEMBERS)
        member_of(user_id)
        need_above(act.by, user_id)
        self._members.leave(user_id)
        self._audit.add(act, Action.MEMBER_KICK, user_id)

    def add(self, act: Act, user_id: str, delete_message_s: int = 0) -> None:
        """Ban somebody, a member or not; doing it twice changes nothing. Raises ApiError 10013 or 50013."""
        need(act.by, BAN_MEMBERS)
        if user_id not in USERS:
            raise unknown(10013)
        need_above(act.by, user_id)
        if user_id in self:
            return
        self[user_id] = act.reason
        if user_id in MEMBERS:
            self._members.leave(user_id)
        self._events.emit("GUILD_BAN_ADD", {"guild_id": GUILD_ID, "user": USERS[user_id].as_json()})
        self._audit.add(act, Action.MEMBER_BAN_ADD, user_id)
        self._delete_messages(user_id, delete_message_s)

    def _delete_messages(self, user_id: str, delete_message_s: int) -> None:
        since = self._clock.now() - delete_message_s
        by_channel: dict[str, list[Message]] = {}
        for message in self._messages.values():
            in_guild = message.channel_id in CHANNELS or message.channel_id in THREADS
            if message.author_id == user_id and in_guild and message.created > since:
                by_channel.setdefault(message.channel_id, []).append(message)
        for channel_id, messages in by_channel.items():
            self._messages.delete_many(channel_id, messages)

    def remove(self, act: Act, user_id: str) -> None:
        """Raises ApiError 10026 or 50013."""
        need(act.by, BAN_MEMBERS)
        self.as_json(user_id)
        del self[user_id]
        self._events.emit("GUILD_BAN_REMOVE", {"guild_id": GUILD_ID, "user": USERS[user_id].as_json()})
        self._audit.add(act, Action.MEMBER_BAN_REMOVE, user_id)

    def as_json(self, user_id: str) -> Json:
        """The ban object. Raises ApiError 10026."""
        if user_id not in self:
            raise unknown(10026)
        return {"user": USERS[user_id].as_json(), "reason": self[user_id]}
