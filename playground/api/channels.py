"""Channels and direct messages."""

from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, missing_access, missing_permissions, unknown
from playground.state.permissions import VIEW_CHANNEL
from playground.state.seed import BOT_ID, DIRECTS, USERS, channel_json, permissions, place, to_write


def channel_of(call: Call, needed: int = VIEW_CHANNEL) -> str:
    """The channel of the path. Raises 10003, 50001 when the bot cannot see it, 50013 when it may not do that."""
    channel_id = call.params["channel_id"]
    if place(channel_id) is None:
        raise unknown(10003)
    held = permissions(BOT_ID, channel_id)
    if not held & VIEW_CHANNEL:
        raise missing_access()
    if needed & ~held:
        raise missing_permissions()
    return channel_id


@route("GET", "/channels/{channel_id}")
def get_channel(call: Call) -> Response:
    return Response(channel_json(channel_of(call)))


@route("POST", "/users/@me/channels", limit=(10, 10.0))
def open_direct(call: Call) -> Response:
    """The conversation with someone; it is always there."""
    wanted = (str(call.body.object().get("recipient_id")), BOT_ID)
    if wanted[0] not in USERS:
        raise unknown(10013)
    found = next((direct for direct in DIRECTS.values() if direct.people == wanted), None)
    if found is None:
        raise ApiError(400, 50007, "Cannot send messages to this user")
    return Response(found.as_json())


@route("POST", "/channels/{channel_id}/typing", limit=(5, 5.0))
def type_in(call: Call) -> Response:
    call.world.events.changed(
        "typing", {"channel_id": channel_of(call, to_write(call.params["channel_id"])), "user_id": BOT_ID}
    )
    return NO_CONTENT
