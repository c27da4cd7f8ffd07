"""Bodies of control requests, and whom and what they name. A mistake is a ControlError that says what to send."""

import json
from typing import Any

from aiohttp import web

from playground.errors import ControlError, missing_access
from playground.request_body import Upload, read_parts
from playground.state.message import Message
from playground.state.messages import Messages
from playground.state.permissions import VIEW_CHANNEL
from playground.state.seed import (
    ASCII_CHANNEL,
    CHANNELS,
    DIRECTS,
    MEMBERS,
    MIA_ID,
    USERS,
    in_guild,
    permissions,
    place,
)
from playground.types import Json


async def read_json(request: web.Request, *, any_shape: bool = False) -> Any:
    try:
        payload = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from error
    if not any_shape and not isinstance(payload, dict):
        raise ControlError(400, "the body must be a JSON object")
    return payload


async def read_form(request: web.Request) -> tuple[Json, list[Upload]]:
    """Multipart with a `payload` field, or plain JSON when there are no files."""
    if request.content_type != "multipart/form-data":
        return await read_json(request), []
    fields, uploads = await read_parts(request)
    try:
        payload = json.loads(fields.get("payload", "{}"))
    except ValueError as error:
        raise ControlError(400, f"the field `payload` is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise ControlError(400, "the field `payload` must be a JSON object")
    return payload, uploads


def person(payload: Json) -> str:
    """Who acts, by default mia."""
    user_id = str(payload.get("user_id") or MIA_ID)
    if user_id not in USERS or USERS[user_id].bot:
        users = ", ".join(f"{u.username} {u.id}" for u in USERS.values() if not u.bot)
        raise ControlError(404, f"nobody has the id {user_id!r}; users: {users}")
    return user_id


def actor(payload: Json) -> tuple[str, str]:
    """Who acts, and in which channel or conversation, which they see. Raises ApiError 50001 where they don't."""
    user_id = person(payload)
    channel_id = str(payload.get("channel_id") or ASCII_CHANNEL)
    if place(channel_id) is None:
        known = ", ".join(f"#{c.name} {c.id}" for c in CHANNELS.values())
        raise ControlError(404, f"no channel has the id {channel_id!r}; channels: {known}")
    if channel_id in DIRECTS and user_id not in DIRECTS[channel_id].people:
        raise ControlError(403, f"{USERS[user_id].username} takes no part in that conversation")
    if in_guild(channel_id) and user_id not in MEMBERS:
        raise ControlError(403, f"{USERS[user_id].username} is no member of the server any more")
    if not permissions(user_id, channel_id) & VIEW_CHANNEL:
        raise missing_access()
    return user_id, channel_id


def check_not_timed_out(user_id: str, channel_id: str) -> None:
    """Raise ControlError 403 for someone who may only read in the guild for now: no reactions, no commands."""
    if in_guild(channel_id) and MEMBERS[user_id].silenced:
        raise ControlError(403, f"{USERS[user_id].username} is timed out")


def target(payload: Json, messages: Messages) -> Message:
    """The message that is meant."""
    message = messages.get(str(payload.get("message_id")))
    if message is None:
        raise ControlError(404, f"there is no message {payload.get('message_id')!r}")
    return message


def actor_on(payload: Json, messages: Messages) -> tuple[str, Message]:
    """Who acts, and on which message: one that they see."""
    person(payload)
    message = target(payload, messages)
    user_id, _ = actor(payload | {"channel_id": message.channel_id})
    if message.ephemeral_to not in (None, user_id):
        raise ControlError(403, f"only {USERS[message.ephemeral_to].username} sees that message")
    return user_id, message
