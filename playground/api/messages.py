"""Messages."""

from playground.api.channels import channel_of
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, missing_permissions
from playground.rules.messages import SUPPRESS_EMBEDS, check_flags
from playground.state.audit_log import Action
from playground.state.message import NOT_DELETABLE, WRITTEN, Message
from playground.state.permissions import (
    ATTACH_FILES,
    MANAGE_MESSAGES,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_POLLS,
    VIEW_CHANNEL,
)
from playground.state.seed import ANNOUNCEMENT, BOT_ID, CHANNELS, DIRECTS, permissions, to_write
from playground.state.snowflake import created_at
from playground.state.writable import check_not_archived

MESSAGES = "/channels/{channel_id}/messages"
BULK_DELETE_WITHIN_S = 14 * 24 * 3600
ONE = MESSAGES + "/{message_id}"


def message_of(call: Call, needed: int = VIEW_CHANNEL | READ_MESSAGE_HISTORY) -> Message:
    return call.world.messages.find(channel_of(call, needed), call.params["message_id"])


@route("GET", MESSAGES, limit=(5, 1.0))
def list_messages(call: Call) -> Response:
    channel_id = channel_of(call, VIEW_CHANNEL | READ_MESSAGE_HISTORY)
    limit = call.number("limit", 50, 1, 100)
    before, after, around = (call.number(key, 0, 0, 1 << 64) for key in ("before", "after", "around"))
    found = [m for m in call.world.messages.values() if m.channel_id == channel_id and not m.ephemeral_to]
    if around:
        found.sort(key=lambda m: abs(int(m.id) - around))
        found = found[:limit]
    elif after:
        found = [m for m in found if int(m.id) > after][:limit]
    elif before:
        found = [m for m in found if int(m.id) < before]
    found.sort(key=lambda m: int(m.id), reverse=True)
    return Response([call.world.messages.as_json(m) for m in found[:limit]])


@route("POST", MESSAGES, limit=(5, 5.0))
def create_message(call: Call) -> Response:
    payload = call.body.object()
    channel_id = channel_of(
        call,
        to_write(call.params["channel_id"])
        | (ATTACH_FILES if call.body.files else 0)
        | (SEND_POLLS if payload.get("poll") else 0),
    )
    message = call.world.messages.post(channel_id, BOT_ID, payload, call.body.files)
    return Response(call.world.messages.as_json(message))


@route("GET", ONE, limit=(5, 1.0))
def get_message(call: Call) -> Response:
    return Response(call.world.messages.as_json(message_of(call)))


@route("PATCH", ONE, limit=(5, 5.0))
def patch_message(call: Call) -> Response:
    message = message_of(call, VIEW_CHANNEL)
    if message.author_id == BOT_ID:
        call.world.messages.edit(message, call.body.object(), call.body.files)
    else:
        _show_or_hide_embeds(call, message)
    return Response(call.world.messages.as_json(message))


def _show_or_hide_embeds(call: Call, message: Message) -> None:
    """All that may be changed about others' messages, by who manages them. Raises ApiError 50005, 50013, 50035."""
    payload = call.body.object()
    flags = payload.get("flags")
    if flags is None or call.body.files or payload.keys() & {"content", "embeds", "components", "attachments"}:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    channel_of(call, MANAGE_MESSAGES)
    check_not_archived(message.channel_id)
    check_flags(flags)
    message.flags = message.flags & ~SUPPRESS_EMBEDS | flags & SUPPRESS_EMBEDS
    call.world.messages.updated(message)


@route("DELETE", ONE, limit=(5, 1.0))
def delete_message(call: Call) -> Response:
    message = message_of(call, VIEW_CHANNEL)
    if message.author_id != BOT_ID and not permissions(BOT_ID, message.channel_id) & MANAGE_MESSAGES:
        raise missing_permissions()
    if message.type in NOT_DELETABLE:
        raise ApiError(403, 50021, "Cannot execute action on a system message")
    call.world.messages.delete(message)
    if message.author_id != BOT_ID:
        where = {"channel_id": message.channel_id, "count": "1"}
        call.world.audit_log.add(call.act, Action.MESSAGE_DELETE, message.author_id, options=where)
    return NO_CONTENT


@route("POST", ONE + "/crosspost", limit=(10, 3600.0))
def crosspost(call: Call) -> Response:
    """Publish what is in a channel for announcements."""
    message = message_of(call, VIEW_CHANNEL)
    if message.channel_id not in CHANNELS or CHANNELS[message.channel_id].kind != ANNOUNCEMENT:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    channel_of(call, SEND_MESSAGES if message.author_id == BOT_ID else MANAGE_MESSAGES)
    if message.type not in WRITTEN:
        raise ApiError(400, 50068, "Invalid message type")
    call.world.publishing.publish(message)
    return Response(call.world.messages.as_json(message))


@route("POST", MESSAGES + "/bulk-delete", limit=(1, 1.0))
def bulk_delete(call: Call) -> Response:
    channel_id = channel_of(call, MANAGE_MESSAGES)
    ids = call.body.object().get("messages")
    if not isinstance(ids, list) or not 2 <= len(ids) <= 100:
        raise ApiError(
            400, 50016, "Provided too few or too many messages to delete. Must provide 2 to 100 messages."
        )
    if channel_id in DIRECTS:
        raise ApiError(403, 50003, "Cannot execute action on a DM channel")
    listed = dict.fromkeys(str(key) for key in ids)
    oldest = call.world.clock.now() - BULK_DELETE_WITHIN_S
    if any(not key.isdecimal() or created_at(key) < oldest for key in listed):
        raise ApiError(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    found = [call.world.messages.get(key) for key in listed]
    messages = [m for m in found if m is not None and m.channel_id == channel_id and m.type not in NOT_DELETABLE]
    call.world.messages.delete_many(channel_id, messages)
    count = {"count": str(len(messages))}
    call.world.audit_log.add(call.act, Action.MESSAGE_BULK_DELETE, channel_id, options=count)
    return NO_CONTENT
