"""Channels of the guild: made, changed, moved, deleted, and what each opens and closes to whom.

https://docs.discord.com/developers/resources/channel
"""

from typing import Any

from playground.api.channel_fields import DEFAULTS, KINDS, channel_attributes, overwrite_of, overwrites_of
from playground.api.channels import channel_of
from playground.api.fields import Fields
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, invalid_form, unknown
from playground.state.permissions import MANAGE_CHANNELS, MANAGE_ROLES, VIEW_CHANNEL
from playground.state.seed import (
    ANNOUNCEMENT,
    BOT_ID,
    CHANNELS,
    DIRECTS,
    ROLES,
    TEXT,
    THREADS,
    USERS,
    Channel,
    channel_json,
    permissions,
)
from playground.types import Json

OF_GUILD = "/guilds/{guild_id}/channels"
ONE = "/channels/{channel_id}"
OVERWRITE = ONE + "/permissions/{overwrite_id}"


def _channel(call: Call, needed: int) -> Channel:
    """The path's channel of the guild. Raises ApiError 10003, 50001, 50013, 50003 for a conversation, or 50024."""
    if call.params["channel_id"] in DIRECTS:
        raise ApiError(400, 50003, "Cannot execute action on a DM channel")
    channel_id = channel_of(call, needed)
    if channel_id not in CHANNELS:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    return CHANNELS[channel_id]


@route("GET", OF_GUILD)
def list_channels(call: Call) -> Response:
    check_guild(call)
    return Response([channel.as_json() for channel in CHANNELS.values()])


@route("POST", OF_GUILD, limit=(10, 10.0))
def post_channel(call: Call) -> Response:
    check_guild(call, MANAGE_CHANNELS)
    fields = Fields(call.body.object())
    kind = fields.choice("type", KINDS) or TEXT
    attributes = channel_attributes(fields, kind, call.world.ids, is_new=True)
    overwrites = overwrites_of(fields)
    fields.done()
    defaults = {
        key: value.copy() if isinstance(value, list) else value for key, value in DEFAULTS.get(kind, {}).items()
    }
    channel = call.world.channels.create(call.act, kind, {**defaults, **attributes}, overwrites)
    return Response(channel.as_json(), 201)


@route("PATCH", OF_GUILD)
def move_channels(call: Call) -> Response:
    check_guild(call, MANAGE_CHANNELS)
    if not isinstance(call.body.payload, list):
        raise invalid_form({"_": ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")})
    moves: list[tuple[Channel, dict[str, Any], bool]] = []
    for i, entry in enumerate(call.body.payload):
        fields = Fields(entry if isinstance(entry, dict) else {}, f"{i}/")
        channel = CHANNELS.get(fields.snowflake("id", needed=True) or "")
        told: Json = {key: fields.body[key] for key in ("position", "parent_id") if key in fields.body}
        place = Fields(told, f"{i}/")
        attributes = channel_attributes(place, TEXT, call.world.ids, is_new=False)
        fields.problems.update(place.problems)
        locks = fields.flag("lock_permissions")
        fields.done()
        if channel is None:
            raise unknown(10003)
        moves.append((channel, attributes, bool(locks)))
    for channel, attributes, locks in moves:
        parent = CHANNELS.get(str(attributes.get("parent_id", channel.settings.get("parent_id"))))
        call.world.channels.edit(call.act, channel, attributes, parent.overwrites if parent and locks else None)
    return NO_CONTENT


@route("PATCH", ONE, limit=(5, 15.0))
def patch_channel(call: Call) -> Response:
    channel_id = call.params["channel_id"]
    if channel_id in THREADS:
        channel_of(call)
        call.world.threads.edit(THREADS[channel_id], call.act, call.body.object())
        return Response(THREADS[channel_id].seen_by(BOT_ID))
    channel = _channel(call, VIEW_CHANNEL)
    fields = Fields(call.body.object())
    kind = channel.kind
    if fields.body.get("type") is not None and kind in (TEXT, ANNOUNCEMENT):
        kind = fields.choice("type", (TEXT, ANNOUNCEMENT)) or TEXT
    attributes = channel_attributes(fields, kind, call.world.ids, is_new=False)
    overwrites = overwrites_of(fields)
    fields.done()
    if overwrites is None or set(fields.body) != {"permission_overwrites"}:
        channel_of(call, MANAGE_CHANNELS)
    call.world.channels.edit(call.act, channel, {**attributes, "kind": kind}, overwrites)
    return Response(channel.as_json())


@route("DELETE", ONE)
def delete_channel(call: Call) -> Response:
    """A conversation is closed by this on Discord, and opened again by the next message; here it is always open."""
    channel_id = call.params["channel_id"]
    if channel_id in DIRECTS and permissions(BOT_ID, channel_id):
        return Response(channel_json(channel_id))
    if channel_id in THREADS:
        channel_of(call)
        thread = THREADS[channel_id]
        call.world.threads.delete(thread, call.act)
        return Response(thread.seen_by(BOT_ID))
    channel = _channel(call, MANAGE_CHANNELS)
    call.world.channels.delete(call.act, channel)
    return Response(channel.as_json())


@route("PUT", OVERWRITE)
def put_overwrite(call: Call) -> Response:
    channel, whose = _channel(call, MANAGE_ROLES), call.params["overwrite_id"]
    fields = Fields(call.body.object())
    overwrite = overwrite_of(fields)
    fields.done()
    if whose not in (USERS if overwrite.of_member else ROLES):
        raise unknown(10009)
    call.world.channels.put_overwrite(call.act, channel, whose, overwrite)
    return NO_CONTENT


@route("DELETE", OVERWRITE)
def delete_overwrite(call: Call) -> Response:
    call.world.channels.delete_overwrite(call.act, _channel(call, MANAGE_ROLES), call.params["overwrite_id"])
    return NO_CONTENT
