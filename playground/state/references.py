"""What a new message refers to: the one that it replies to, or a copy of the one that it forwards.

https://docs.discord.com/developers/resources/message#message-reference-structure
"""

from collections.abc import Mapping
from dataclasses import replace

from playground.errors import ApiError, invalid_form, missing_access
from playground.state.message import Message
from playground.state.permissions import READ_MESSAGE_HISTORY, VIEW_CHANNEL
from playground.state.seed import permissions
from playground.state.snowflake import Snowflakes
from playground.types import Json


def replied_to(channel_id: str, reference: Json, messages: Mapping[str, Message]) -> str | None:
    """The id of the message that a reply names; None when it may be missing and is. Raises ApiError 50035."""
    target = messages.get(str(reference.get("message_id")))
    if target is not None and target.channel_id == channel_id and target.ephemeral_to is None:
        return target.id
    if reference.get("fail_if_not_exists") is False:
        return None
    raise invalid_form({"message_reference": ("REPLIES_UNKNOWN_MESSAGE", "Unknown message")})


def forwarded_message(
    author_id: str, reference: Json, payload: Json, messages: Mapping[str, Message], ids: Snowflakes
) -> Message:
    """A copy of the message to forward, with files of its own. Raises ApiError."""
    target = messages.get(str(reference.get("message_id")))
    if target is None or target.ephemeral_to is not None:
        raise invalid_form({"message_reference": ("REPLIES_UNKNOWN_MESSAGE", "Unknown message")})
    needed = VIEW_CHANNEL | READ_MESSAGE_HISTORY
    if needed & ~permissions(author_id, target.channel_id):
        raise missing_access()
    if payload.get("content") or payload.get("embeds") or payload.get("attachments"):
        raise ApiError(400, 160011, "Forward messages cannot have additional content")
    if target.forwarded is not None:  # a forward of a forward shows the first message
        target = target.forwarded
    return replace(target, attachments=[replace(a, id=ids.next()) for a in target.attachments])
