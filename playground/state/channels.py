"""What happens to the guild's channels: made, changed, moved, opened and closed to roles and members, deleted.

https://docs.discord.com/developers/resources/channel
"""

from collections.abc import Mapping
from typing import Any

from playground.errors import ApiError, missing_permissions, unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.events import Events
from playground.state.messages import Messages
from playground.state.permissions import MANAGE_ROLES
from playground.state.ranks import is_administrator
from playground.state.seed import CATEGORY, CHANNELS, ROLES, Channel, Overwrite, permissions
from playground.state.snowflake import Snowflakes
from playground.types import Json

MOST, MOST_IN_CATEGORY = 500, 50
ATTRIBUTES = ("name", "topic", "position", "kind")
NOT_LOGGED = ("id", "guild_id", "last_message_id", "position", "permission_overwrites")


def _logged(channel: Channel) -> Json:
    return {key: value for key, value in channel.as_json().items() if key not in NOT_LOGGED}


def children(category_id: str) -> list[Channel]:
    return [channel for channel in CHANNELS.values() if channel.settings.get("parent_id") == category_id]


class Channels:
    def __init__(self, ids: Snowflakes, events: Events, audit: AuditLog, messages: Messages) -> None:
        self._ids, self._events, self._audit, self._messages = ids, events, audit, messages

    def check_overwrites(self, act: Act, channel: Channel, overwrites: Mapping[str, Overwrite]) -> None:
        """Raise ApiError 50013 where somebody opens or closes what they may not do there themselves."""
        if is_administrator(act.by):
            return
        before, touched = channel.overwrites, 0
        for whose in {*before, *overwrites}:
            old, new = before.get(whose, Overwrite()), overwrites.get(whose, Overwrite())
            touched |= (old.allow ^ new.allow) | (old.deny ^ new.deny)
        held = permissions(act.by, channel.id)
        if touched and (not held & MANAGE_ROLES or touched & ~held or touched & MANAGE_ROLES):
            raise missing_permissions()

    def create(
        self, act: Act, kind: int, attributes: dict[str, Any], overwrites: Mapping[str, Overwrite] | None
    ) -> Channel:
        """Without overwrites it has those of its category. Raises ApiError 30013 or 50013."""
        if len(CHANNELS) >= MOST:
            raise ApiError(400, 30013, f"Maximum number of guild channels reached ({MOST})")
        last = max((channel.position for channel in CHANNELS.values()), default=-1)
        channel = Channel(self._ids.next(), "", None, last + 1, kind=kind)
        _put(channel, attributes)
        CHANNELS[channel.id] = channel
        parent = CHANNELS.get(str(channel.settings.get("parent_id")))
        try:
            if overwrites:
                self.check_overwrites(act, channel, overwrites)
                channel.overwrites = dict(overwrites)
            elif parent is not None:
                channel.overwrites = dict(parent.overwrites)
        except ApiError:
            del CHANNELS[channel.id]
            raise
        self._tell("CHANNEL_CREATE", channel)
        self._audit.add(act, Action.CHANNEL_CREATE, channel.id, changed({}, _logged(channel)))
        return channel

    def edit(
        self, act: Act, channel: Channel, attributes: dict[str, Any], overwrites: Mapping[str, Overwrite] | None
    ) -> None:
        """Raises ApiError 50013."""
        if overwrites is not None:
            self.check_overwrites(act, channel, overwrites)
        before, logged, old = channel.as_json(), _logged(channel), channel.overwrites
        _put(channel, attributes)
        if overwrites is not None:
            channel.overwrites = dict(overwrites)
        if channel.as_json() == before:
            return
        self._tell("CHANNEL_UPDATE", channel)
        if told := changed(logged, _logged(channel)):
            self._audit.add(act, Action.CHANNEL_UPDATE, channel.id, told)
        for whose in dict.fromkeys([*old, *channel.overwrites]):
            self._log_overwrite(act, channel, whose, old.get(whose))

    def _log_overwrite(self, act: Act, channel: Channel, whose: str, old: Overwrite | None) -> None:
        new = channel.overwrites.get(whose)
        if old == new:
            return
        action = Action.OVERWRITE_UPDATE
        if old is None or new is None:
            action = Action.OVERWRITE_CREATE if old is None else Action.OVERWRITE_DELETE
        kept = ("allow", "deny")
        told = changed(
            {key: old.as_json(whose)[key] for key in kept} if old else {},
            {key: new.as_json(whose)[key] for key in kept} if new else {},
        )
        of_member = (new or old or Overwrite()).of_member
        options: Json = {"id": whose, "type": str(int(of_member))}
        if not of_member and whose in ROLES:
            options["role_name"] = ROLES[whose].name
        self._audit.add(act, action, channel.id, told, options)

    def put_overwrite(self, act: Act, channel: Channel, whose: str, overwrite: Overwrite) -> None:
        """Raises ApiError 50013."""
        self.edit(act, channel, {}, {**channel.overwrites, whose: overwrite})

    def delete_overwrite(self, act: Act, channel: Channel, whose: str) -> None:
        """Raises ApiError 10009 or 50013."""
        if whose not in channel.overwrites:
            raise unknown(10009)
        self.edit(act, channel, {}, {key: one for key, one in channel.overwrites.items() if key != whose})

    def delete(self, act: Act, channel: Channel) -> None:
        """With all that was written there; what is in a category stays, in none."""
        for message in [one for one in self._messages.values() if one.channel_id == channel.id]:
            self._messages.drop(message)
        del CHANNELS[channel.id]
        self._tell("CHANNEL_DELETE", channel)
        self._audit.add(act, Action.CHANNEL_DELETE, channel.id, changed(_logged(channel), {}))
        if channel.kind == CATEGORY:
            for child in children(channel.id):
                child.settings["parent_id"] = None
                self._tell("CHANNEL_UPDATE", child)

    def _tell(self, event: str, channel: Channel) -> None:
        self._events.emit(event, channel.as_json())
        self._events.changed("looks", {})


def _put(channel: Channel, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        if name in ATTRIBUTES:
            setattr(channel, name, value)
        else:
            channel.settings[name] = value
