"""Webhooks: made, changed, deleted, and the announcements that follow a channel into another.

https://docs.discord.com/developers/resources/webhook. An interaction's own are in interactions.py.
"""

import secrets
from collections import UserDict
from dataclasses import dataclass
from typing import Any

from playground.errors import ApiError, unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.events import Events
from playground.state.guild_settings import GUILD
from playground.state.looks import ICON, LOOKS
from playground.state.seed import APPLICATION_ID, BOT_ID, CHANNELS, GUILD_ID, USERS
from playground.state.snowflake import Snowflakes
from playground.types import Json

INCOMING, FOLLOWER = 1, 2
MOST = 15


@dataclass
class Webhook:
    id: str
    channel_id: str
    name: str
    user_id: str  # who made it
    token: str | None  # a follower has none
    source_id: str | None = None  # the channel that it follows

    @property
    def application_id(self) -> str | None:
        return APPLICATION_ID if self.user_id == BOT_ID and self.source_id is None else None

    def as_json(self, site: str, *, with_user: bool = True) -> Json:
        """The webhook object; `site` is where Discord's API is."""
        data: Json = {
            "id": self.id,
            "type": INCOMING if self.source_id is None else FOLLOWER,
            "guild_id": GUILD_ID,
            "channel_id": self.channel_id,
            "name": self.name,
            "avatar": LOOKS.of(self.id),
            "application_id": self.application_id,
        }
        if self.token is not None:
            data.update({"token": self.token, "url": f"{site}/api/webhooks/{self.id}/{self.token}"})
        if self.source_id is not None and self.source_id in CHANNELS:
            data["source_guild"] = {"id": GUILD_ID, "name": GUILD["name"], "icon": LOOKS.of(ICON)}
            data["source_channel"] = {"id": self.source_id, "name": CHANNELS[self.source_id].name}
        if with_user:
            data["user"] = USERS[self.user_id].as_json()
        return data

    def author(self, username: str | None = None, avatar: str | None = None) -> Json:
        """What its messages show as their author."""
        return {
            "id": self.id,
            "username": username or self.name,
            "avatar": avatar or LOOKS.of(self.id),
            "discriminator": "0000",
            "public_flags": 0,
            "flags": 0,
            "bot": True,
            "global_name": None,
            "primary_guild": None,
        }


class Webhooks(UserDict[str, Webhook]):
    """Webhooks by id."""

    def __init__(self, ids: Snowflakes, events: Events, audit: AuditLog) -> None:
        super().__init__()
        self._ids, self._events, self._audit = ids, events, audit
        events.on_event.append(self._channel_gone)

    def find(self, webhook_id: str) -> Webhook:
        """Raises ApiError 10015."""
        if webhook_id not in self:
            raise unknown(10015)
        return self[webhook_id]

    def by_token(self, webhook_id: str, token: str) -> Webhook:
        """Raises ApiError 10015, or 50027 for a token that is not its own."""
        webhook = self.find(webhook_id)
        if webhook.token is None or not secrets.compare_digest(webhook.token.encode(), token.encode()):
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return webhook

    def create(self, channel_id: str, name: str, avatar: bytes | None, act: Act) -> Webhook:
        """Raises ApiError 30007."""
        return self._add(channel_id, name, act, avatar=avatar, token=secrets.token_urlsafe(51))

    def follow(self, source_id: str, channel_id: str, act: Act) -> Webhook:
        """Have what is published in `source_id` come into another channel. Raises ApiError 30007."""
        name = f"{GUILD['name']} #{CHANNELS[source_id].name}"
        return self._add(channel_id, name, act, source_id=source_id)

    def _add(
        self,
        channel_id: str,
        name: str,
        act: Act,
        *,
        avatar: bytes | None = None,
        token: str | None = None,
        source_id: str | None = None,
    ) -> Webhook:
        if sum(hook.channel_id == channel_id for hook in self.values()) >= MOST:
            raise ApiError(400, 30007, f"Maximum number of webhooks reached ({MOST})")
        webhook = Webhook(self._ids.next(), channel_id, name, act.by, token, source_id)
        LOOKS.set(webhook.id, avatar)
        self[webhook.id] = webhook
        self._tell(channel_id)
        self._audit.add(act, Action.WEBHOOK_CREATE, webhook.id, changed({}, _logged(webhook)))
        return webhook

    def edit(self, webhook: Webhook, changes: dict[str, Any], act: Act) -> None:
        """`name`, `channel_id` and `avatar`, the bytes of a picture or None."""
        before = _logged(webhook)
        if changes.get("name") is not None:
            webhook.name = changes["name"]
        if "avatar" in changes:
            LOOKS.set(webhook.id, changes["avatar"])
        moved = changes.get("channel_id")
        if moved is not None and moved != webhook.channel_id:
            self._tell(webhook.channel_id)
            webhook.channel_id = moved
        self._tell(webhook.channel_id)
        self._audit.add(act, Action.WEBHOOK_UPDATE, webhook.id, changed(before, _logged(webhook)))

    def delete(self, webhook: Webhook, act: Act) -> None:
        del self[webhook.id]
        LOOKS.take_away(webhook.id)
        self._tell(webhook.channel_id)
        self._audit.add(act, Action.WEBHOOK_DELETE, webhook.id, changed(_logged(webhook), {}))

    def _tell(self, channel_id: str) -> None:
        self._events.emit("WEBHOOKS_UPDATE", {"guild_id": GUILD_ID, "channel_id": channel_id})

    def _channel_gone(self, name: str, data: Json) -> None:
        """With a channel its webhooks go, and those that follow it."""
        if name == "CHANNEL_DELETE":
            for webhook in [hook for hook in self.values() if data["id"] in (hook.channel_id, hook.source_id)]:
                del self[webhook.id]
                LOOKS.take_away(webhook.id)


def _logged(webhook: Webhook) -> Json:
    data = {"name": webhook.name, "channel_id": webhook.channel_id, "avatar_hash": LOOKS.of(webhook.id)}
    return {**data, "type": INCOMING if webhook.source_id is None else FOLLOWER}
