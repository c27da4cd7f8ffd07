"""Pinned messages.

https://docs.discord.com/developers/resources/message#pin-message
"""

from playground.errors import ApiError, missing_permissions
from playground.state.audit_log import Act, Action, AuditLog
from playground.state.clock import Clock, iso
from playground.state.events import Events
from playground.state.message import PINNED_MESSAGE, WRITTEN, Message
from playground.state.messages import Messages
from playground.state.permissions import PIN_MESSAGES
from playground.state.seed import DIRECTS, guild_part, permissions, place
from playground.state.writable import check_not_archived

MOST = 50


class Pins:
    def __init__(self, clock: Clock, events: Events, messages: Messages, audit: AuditLog) -> None:
        self._clock, self._events, self._messages, self._audit = clock, events, messages, audit

    def of(self, channel_id: str) -> list[tuple[float, Message]]:
        """When each was pinned, and what; the latest first."""
        found = [
            (message.pinned_at, message)
            for message in self._messages.values()
            if message.channel_id == channel_id and message.pinned_at is not None
        ]
        return sorted(found, key=lambda pin: pin[0], reverse=True)

    def pin(self, message: Message, act: Act) -> None:
        """Pin it, with a word about it in the channel; twice changes nothing. Raises ApiError 50013, 50021, 50083
        or 30003."""
        self._check(message, act)
        if message.type not in WRITTEN:
            raise ApiError(403, 50021, "Cannot execute action on a system message")
        if message.pinned_at is not None:
            return
        if len(self.of(message.channel_id)) >= MOST:
            raise ApiError(400, 30003, f"Maximum number of pins reached for the channel ({MOST})")
        message.pinned_at = self._clock.now()
        if (where := place(message.channel_id)) is not None:
            where.last_pin = message.pinned_at
        self._tell(message)
        about = {"reference_id": message.id, "reference_channel_id": message.channel_id}
        self._messages.add_system(message.channel_id, act.by, PINNED_MESSAGE, **about)
        self._log(message, act, Action.MESSAGE_PIN)

    def unpin(self, message: Message, act: Act) -> None:
        """Twice changes nothing. Raises ApiError 50013 or 50083."""
        self._check(message, act)
        if message.pinned_at is None:
            return
        message.pinned_at = None
        self._tell(message)
        self._log(message, act, Action.MESSAGE_UNPIN)

    @staticmethod
    def _check(message: Message, act: Act) -> None:
        check_not_archived(message.channel_id)
        if message.channel_id not in DIRECTS and not permissions(act.by, message.channel_id) & PIN_MESSAGES:
            raise missing_permissions()

    def _tell(self, message: Message) -> None:
        self._messages.updated(message)
        where = place(message.channel_id)
        last = where.last_pin if where is not None else None
        channel = {"channel_id": message.channel_id, **guild_part(message.channel_id)}
        moment = iso(last) if last is not None else None
        self._events.emit("CHANNEL_PINS_UPDATE", {**channel, "last_pin_timestamp": moment})

    def _log(self, message: Message, act: Act, action: Action) -> None:
        if message.channel_id not in DIRECTS:
            where = {"channel_id": message.channel_id, "message_id": message.id}
            self._audit.add(act, action, message.author_id, options=where)
