"""Reactions on messages.

https://docs.discord.com/developers/resources/message#create-reaction
"""

from playground.errors import ApiError, missing_permissions
from playground.rules.emoji import check_emoji, emoji_json
from playground.state.events import Events
from playground.state.guild_objects import member_json
from playground.state.message import Message
from playground.state.messages import Messages
from playground.state.permissions import ADD_REACTIONS
from playground.state.seed import guild_part, in_guild, permissions
from playground.state.writable import check_not_archived
from playground.types import Json


class Reactions:
    def __init__(self, events: Events, messages: Messages) -> None:
        self._events = events
        self._messages = messages

    def add(self, message: Message, emoji: str, user_id: str) -> None:
        """Add a reaction; doing it twice changes nothing. Raises ApiError 10014, 30010, 50013 or 50083."""
        check_emoji(emoji)
        check_not_archived(message.channel_id)
        users = message.reactions.get(emoji)
        if users is None:
            if not permissions(user_id, message.channel_id) & ADD_REACTIONS:
                raise missing_permissions()
            if len(message.reactions) >= 20:
                raise ApiError(400, 30010, "Maximum number of reactions reached (20)")
            users = message.reactions[emoji] = []
        if user_id in users:
            return
        users.append(user_id)
        data = self._reaction_event(message, emoji, user_id)
        if in_guild(message.channel_id):
            data["member"] = member_json(user_id)
        data["message_author_id"] = message.author_id
        data["burst_colors"] = []
        self._events.emit("MESSAGE_REACTION_ADD", data)
        self._events.changed("message", self._messages.state_json(message))

    def remove(self, message: Message, emoji: str, user_id: str) -> None:
        """Take a reaction back. Raises ApiError 10014 for text; a reaction that is not there changes nothing."""
        check_emoji(emoji)
        check_not_archived(message.channel_id)
        users = message.reactions.get(emoji, [])
        if user_id not in users:
            return
        users.remove(user_id)
        if not users:
            del message.reactions[emoji]
        self._events.emit("MESSAGE_REACTION_REMOVE", self._reaction_event(message, emoji, user_id))
        self._events.changed("message", self._messages.state_json(message))

    def clear(self, message: Message, emoji: str | None = None) -> None:
        where = {"channel_id": message.channel_id, "message_id": message.id, **guild_part(message.channel_id)}
        if emoji is None:
            message.reactions.clear()
            self._events.emit("MESSAGE_REACTION_REMOVE_ALL", where)
        else:
            message.reactions.pop(check_emoji(emoji), None)
            self._events.emit("MESSAGE_REACTION_REMOVE_EMOJI", {**where, "emoji": emoji_json(emoji)})
        self._events.changed("message", self._messages.state_json(message))

    @staticmethod
    def _reaction_event(message: Message, emoji: str, user_id: str) -> Json:
        return {
            "user_id": user_id,
            "channel_id": message.channel_id,
            "message_id": message.id,
            **guild_part(message.channel_id),
            "emoji": emoji_json(emoji),
            "burst": False,
            "type": 0,
        }
