"""A message as it is stored.

https://docs.discord.com/developers/resources/message
"""

from dataclasses import dataclass, field

from playground.errors import empty_message
from playground.rules.messages import LOADING
from playground.state.files import Attachment, Sticker
from playground.state.poll import Poll
from playground.types import Json

DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 0, 19, 20, 23
# Those that Discord itself writes.
RECIPIENT_ADD, RECIPIENT_REMOVE, CHANNEL_NAME_CHANGE, PINNED_MESSAGE, FOLLOW_ADD = 1, 2, 4, 6, 12
THREAD_CREATED, THREAD_STARTER, POLL_RESULT = 18, 21, 46
WRITTEN = (DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND)
"""Those that somebody wrote; the others are Discord's own."""
NOT_DELETABLE = (RECIPIENT_ADD, RECIPIENT_REMOVE, CHANNEL_NAME_CHANGE, THREAD_STARTER)


@dataclass
class Message:
    id: str
    channel_id: str
    author_id: str
    created: float
    type: int = DEFAULT
    content: str = ""
    flags: int = 0
    edited: float | None = None
    edits: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)  # emoji -> user ids, oldest first
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    reference_id: str | None = None
    reference_channel_id: str | None = None  # where that is, when it is elsewhere
    forwarded: "Message | None" = None  # a copy of what it forwards, as it was then
    stickers: list[Sticker] = field(default_factory=list)
    nonce: str | int | None = None
    interaction_id: str | None = None
    metadata: Json | None = None  # interaction_metadata
    webhook: bool = False  # sent through an interaction's token
    ephemeral_to: str | None = None
    author: Json | None = None  # whom it shows instead of a user: a webhook
    webhook_id: str | None = None  # of the webhook, not an interaction's, that sent it
    application_id: str | None = None  # whose that webhook is
    pinned_at: float | None = None
    poll: Poll | None = None
    position: int | None = None  # how many were in its thread before it

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)


def check_not_empty(message: Message) -> None:
    if not (
        message.content
        or message.embeds
        or message.components
        or message.attachments
        or message.stickers
        or message.forwarded
        or message.poll
    ):
        raise empty_message()
