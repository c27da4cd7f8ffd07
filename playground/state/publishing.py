"""Announcements: published, and carried into the channels that follow.

https://docs.discord.com/developers/resources/message#crosspost-message
"""

from dataclasses import replace

from playground.errors import ApiError
from playground.rules.messages import CROSSPOSTED, IS_CROSSPOST
from playground.state.audit_log import Act
from playground.state.clock import Clock
from playground.state.message import DEFAULT, FOLLOW_ADD, Message
from playground.state.messages import Messages
from playground.state.snowflake import Snowflakes
from playground.state.webhooks import Webhook, Webhooks


class Publishing:
    def __init__(self, clock: Clock, ids: Snowflakes, messages: Messages, webhooks: Webhooks) -> None:
        self._clock, self._ids, self._messages, self._webhooks = clock, ids, messages, webhooks

    def follow(self, source_id: str, channel_id: str, act: Act) -> Webhook:
        """Raises ApiError 30007."""
        webhook = self._webhooks.follow(source_id, channel_id, act)
        about = {"content": webhook.name, "reference_channel_id": source_id}
        self._messages.add_system(channel_id, act.by, FOLLOW_ADD, **about)
        return webhook

    def publish(self, message: Message) -> None:
        """Raises ApiError 40033 for a message that has been published already."""
        if message.flags & CROSSPOSTED:
            raise ApiError(400, 40033, "This message has already been crossposted")
        message.flags |= CROSSPOSTED
        self._messages.updated(message)
        for webhook in [hook for hook in self._webhooks.values() if hook.source_id == message.channel_id]:
            self._messages.add(self._copy(message, webhook))

    def _copy(self, message: Message, webhook: Webhook) -> Message:
        """The message as it comes into another channel, with files of its own."""
        return Message(
            id=self._ids.next(),
            channel_id=webhook.channel_id,
            author_id=webhook.id,
            created=self._clock.now(),
            type=DEFAULT,
            content=message.content,
            flags=message.flags & ~CROSSPOSTED | IS_CROSSPOST,
            embeds=message.embeds,
            attachments=[
                replace(a, id=self._ids.next(), channel_id=webhook.channel_id) for a in message.attachments
            ],
            stickers=message.stickers,
            reference_id=message.id,
            reference_channel_id=message.channel_id,
            author=webhook.author(),
            webhook_id=webhook.id,
        )
