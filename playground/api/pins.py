"""Pinned messages, by the routes of today and by the older ones.

https://docs.discord.com/developers/resources/message#get-channel-pins
"""

import datetime

from playground.api.channels import channel_of
from playground.api.messages import message_of
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import invalid_form
from playground.state.clock import iso
from playground.state.message import Message
from playground.state.permissions import PIN_MESSAGES, READ_MESSAGE_HISTORY, VIEW_CHANNEL
from playground.state.seed import BOT_ID, DIRECTS, permissions

CHANNEL = "/channels/{channel_id}"
PINS, OLD_PINS = CHANNEL + "/messages/pins", CHANNEL + "/pins"
LIMIT = (5, 4.0)


def _pins(call: Call) -> list[tuple[float, Message]]:
    """Those of the path's channel; none without READ_MESSAGE_HISTORY."""
    channel_id = channel_of(call, VIEW_CHANNEL)
    may_read = permissions(BOT_ID, channel_id) & READ_MESSAGE_HISTORY
    return call.world.pins.of(channel_id) if may_read else []


@route("GET", PINS)
def list_pins(call: Call) -> Response:
    limit, before, pins = call.number("limit", 50, 1, 50), call.query.get("before"), _pins(call)
    if before is not None:
        try:
            moment = iso(datetime.datetime.fromisoformat(before).timestamp())
        except ValueError as error:
            raise invalid_form({"before": ("DATE_TIME_TYPE_PARSE", f"{before!r} is not a time.")}) from error
        pins = [(at, message) for at, message in pins if iso(at) < moment]  # as clients saw it
    items = [{"pinned_at": iso(at), "message": call.world.messages.as_json(m)} for at, m in pins[:limit]]
    return Response({"items": items, "has_more": len(pins) > limit})


@route("GET", OLD_PINS)
def list_pins_as_before(call: Call) -> Response:
    return Response([call.world.messages.as_json(message) for _, message in _pins(call)])


def _message(call: Call) -> Message:
    direct = call.params["channel_id"] in DIRECTS
    return message_of(call, VIEW_CHANNEL | (0 if direct else PIN_MESSAGES))


@route("PUT", PINS + "/{message_id}", limit=LIMIT, shared="pins")
@route("PUT", OLD_PINS + "/{message_id}", limit=LIMIT, shared="pins")
def pin(call: Call) -> Response:
    call.world.pins.pin(_message(call), call.act)
    return NO_CONTENT


@route("DELETE", PINS + "/{message_id}", limit=LIMIT, shared="pins")
@route("DELETE", OLD_PINS + "/{message_id}", limit=LIMIT, shared="pins")
def unpin(call: Call) -> Response:
    call.world.pins.unpin(_message(call), call.act)
    return NO_CONTENT
