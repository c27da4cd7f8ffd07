"""What happens to emojis, of the guild and of the application, and to stickers.

https://docs.discord.com/developers/resources/emoji
"""

from dataclasses import replace
from typing import Any

from playground.errors import ApiError, missing_permissions, unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.events import Events
from playground.state.files import Emoji, Files, Sticker
from playground.state.guild_objects import guild_emojis, guild_stickers
from playground.state.permissions import CREATE_GUILD_EXPRESSIONS, MANAGE_GUILD_EXPRESSIONS
from playground.state.seed import GUILD_ID, guild_permissions
from playground.state.snowflake import Snowflakes

MOST_EMOJIS, MOST_OF_APPLICATION, MOST_STICKERS = 50, 2000, 5


def need_to_make(user_id: str) -> None:
    """Raise ApiError 50013 for who may not make emojis and stickers."""
    if not guild_permissions(user_id) & (CREATE_GUILD_EXPRESSIONS | MANAGE_GUILD_EXPRESSIONS):
        raise missing_permissions()


def _need_to_change(user_id: str, maker_id: str | None) -> None:
    held = guild_permissions(user_id)
    own = user_id == maker_id and held & CREATE_GUILD_EXPRESSIONS
    if not own and not held & MANAGE_GUILD_EXPRESSIONS:
        raise missing_permissions()


class Expressions:
    def __init__(self, ids: Snowflakes, files: Files, events: Events, audit: AuditLog) -> None:
        self._ids, self._files, self._events, self._audit = ids, files, events, audit

    def emoji(self, emoji_id: str, *, of_application: bool) -> Emoji:
        """Raises ApiError 10014."""
        emoji = self._files.emojis.get(emoji_id)
        if emoji is None or emoji.of_application != of_application:
            raise unknown(10014)
        return emoji

    def emojis(self, *, of_application: bool) -> list[Emoji]:
        return [emoji for emoji in self._files.emojis.values() if emoji.of_application == of_application]

    def add_emoji(
        self, act: Act, name: str, data: bytes, roles: tuple[str, ...] = (), *, of_application: bool = False
    ) -> Emoji:
        """Raises ApiError 30008 or 30018 when there are too many, 50013."""
        emoji = Emoji(self._ids.next(), name, data, act.by, roles, of_application)
        others = self.emojis(of_application=of_application)
        if of_application:
            if len(others) >= MOST_OF_APPLICATION:
                raise ApiError(400, 30008, f"Maximum number of emojis reached ({MOST_OF_APPLICATION})")
        else:
            need_to_make(act.by)
            if sum(one.moves == emoji.moves for one in others) >= MOST_EMOJIS:
                kind, code = ("animated emojis", 30018) if emoji.moves else ("emojis", 30008)
                raise ApiError(400, code, f"Maximum number of {kind} reached ({MOST_EMOJIS})")
        self._files.emojis[emoji.id] = emoji
        self._emoji_changed(act, Action.EMOJI_CREATE, None, emoji)
        return emoji

    def edit_emoji(self, act: Act, emoji: Emoji, changes: dict[str, Any]) -> Emoji:
        """Raises ApiError 50013."""
        if not emoji.of_application:
            _need_to_change(act.by, emoji.user_id)
        new = replace(emoji, **changes)
        self._files.emojis[emoji.id] = new
        if new != emoji:
            self._emoji_changed(act, Action.EMOJI_UPDATE, emoji, new)
        return new

    def delete_emoji(self, act: Act, emoji: Emoji) -> None:
        """Raises ApiError 50013."""
        if not emoji.of_application:
            _need_to_change(act.by, emoji.user_id)
        del self._files.emojis[emoji.id]
        self._emoji_changed(act, Action.EMOJI_DELETE, emoji, None)

    def _emoji_changed(self, act: Act, action: Action, old: Emoji | None, new: Emoji | None) -> None:
        either = new or old
        if either is None or either.of_application:
            return
        self._events.emit("GUILD_EMOJIS_UPDATE", {"guild_id": GUILD_ID, "emojis": guild_emojis()})
        told = changed({"name": old.name} if old else {}, {"name": new.name} if new else {})
        self._audit.add(act, action, either.id, told)

    def sticker(self, sticker_id: str) -> Sticker:
        """Raises ApiError 10060."""
        sticker = self._files.stickers.get(sticker_id)
        if sticker is None:
            raise unknown(10060)
        return sticker

    def add_sticker(self, act: Act, name: str, data: bytes, tags: str, description: str | None) -> Sticker:
        """Raises ApiError 30039 when there are too many, 50013."""
        need_to_make(act.by)
        if len(self._files.stickers) >= MOST_STICKERS:
            raise ApiError(400, 30039, f"Maximum number of stickers reached ({MOST_STICKERS})")
        sticker = Sticker(self._ids.next(), name, data, tags, description, act.by)
        self._files.stickers[sticker.id] = sticker
        self._sticker_changed(act, Action.STICKER_CREATE, None, sticker)
        return sticker

    def edit_sticker(self, act: Act, sticker: Sticker, changes: dict[str, Any]) -> Sticker:
        """Raises ApiError 50013."""
        _need_to_change(act.by, sticker.user_id)
        new = replace(sticker, **changes)
        self._files.stickers[sticker.id] = new
        if new != sticker:
            self._sticker_changed(act, Action.STICKER_UPDATE, sticker, new)
        return new

    def delete_sticker(self, act: Act, sticker: Sticker) -> None:
        """Raises ApiError 50013."""
        _need_to_change(act.by, sticker.user_id)
        del self._files.stickers[sticker.id]
        self._sticker_changed(act, Action.STICKER_DELETE, sticker, None)

    def _sticker_changed(self, act: Act, action: Action, old: Sticker | None, new: Sticker | None) -> None:
        either = new or old
        if either is None:
            return
        self._events.emit("GUILD_STICKERS_UPDATE", {"guild_id": GUILD_ID, "stickers": guild_stickers()})
        kept = ("name", "tags", "description")
        told = changed(
            {key: getattr(old, key) for key in kept} if old else {},
            {key: getattr(new, key) for key in kept} if new else {},
        )
        self._audit.add(act, action, either.id, told)
