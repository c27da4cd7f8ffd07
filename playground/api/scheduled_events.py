"""Scheduled events: who plans what, where and when.

https://docs.discord.com/developers/resources/guild-scheduled-event
"""

from typing import Any

from playground.api.fields import REQUIRED, Fields, Mistake
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.state.clock import iso
from playground.state.guild_settings import SCHEDULED
from playground.state.scheduled_events import FOLLOWING, scheduled_event
from playground.state.seed import CHANNELS, STAGE, VOICE
from playground.types import Json

OF_GUILD = "/guilds/{guild_id}/scheduled-events"
ONE = OF_GUILD + "/{guild_scheduled_event_id}"
GUILD_ONLY = 2
IN_STAGE, IN_VOICE, ELSEWHERE = 1, 2, 3
KIND_OF_CHANNEL = {IN_STAGE: STAGE, IN_VOICE: VOICE}


def _event(call: Call) -> Json:
    check_guild(call)
    return scheduled_event(call.params["guild_scheduled_event_id"])


def _shown(call: Call, event: Json) -> Json:
    """Nobody here can say that they are interested."""
    return {**event, "user_count": 0} if call.flag("with_user_count") else event


@route("GET", OF_GUILD)
def list_events(call: Call) -> Response:
    check_guild(call)
    return Response([_shown(call, event) for event in SCHEDULED.values()])


@route("GET", ONE)
def get_event(call: Call) -> Response:
    return Response(_shown(call, _event(call)))


@route("GET", ONE + "/users", partly="nobody can say that they are interested")
def list_event_users(call: Call) -> Response:
    _event(call)
    return Response([])


@route("GET", ONE + "/users/counts", partly="nobody can say that they are interested")
def count_event_users(call: Call) -> Response:
    _event(call)
    return Response({"guild_scheduled_event_count": 0, "guild_scheduled_event_exception_counts": {}})


@route("POST", OF_GUILD, partly="neither pictures nor events that recur")
def post_event(call: Call) -> Response:
    check_guild(call)
    fields = Fields(call.body.object())
    kind = fields.choice("entity_type", (IN_STAGE, IN_VOICE, ELSEWHERE), needed=True)
    fields.choice("privacy_level", (GUILD_ONLY,), needed=True)
    for key in ("name", "scheduled_start_time"):
        if fields.body.get(key) is None:
            fields.problems[key] = REQUIRED
    data: dict[str, Any] = {"entity_type": kind, "privacy_level": GUILD_ONLY, **_read(call, fields)}
    _check_place(fields, data)
    fields.done()
    return Response(call.world.scheduled_events.create(call.act, data))


@route("PATCH", ONE, partly="neither pictures nor events that recur")
def patch_event(call: Call) -> Response:
    event = _event(call)
    fields = Fields(call.body.object())
    changes = _read(call, fields)
    if fields.body.get("entity_type") is not None:
        changes["entity_type"] = fields.choice("entity_type", (IN_STAGE, IN_VOICE, ELSEWHERE))
    if fields.body.get("status") is not None and fields.body["status"] != event["status"]:
        changes["status"] = fields.choice("status", FOLLOWING[event["status"]])
    _check_place(fields, {**event, **changes})
    fields.done()
    return Response(call.world.scheduled_events.edit(call.act, event, changes))


@route("DELETE", ONE)
def delete_event(call: Call) -> Response:
    call.world.scheduled_events.delete(call.act, _event(call))
    return NO_CONTENT


def _read(call: Call, fields: Fields) -> dict[str, Any]:
    """What a body says of an event; mistakes are noted in `fields`."""
    found: dict[str, Any] = {}
    if "name" in fields:
        found["name"] = fields.text("name", 1, 100)
    if "description" in fields:
        found["description"] = fields.text("description", 0, 1000) or None
    if "channel_id" in fields:
        found["channel_id"] = fields.snowflake("channel_id")
    if "entity_metadata" in fields:
        found["entity_metadata"] = fields.read("entity_metadata", _place)
    for key in ("scheduled_start_time", "scheduled_end_time"):
        if key in fields:
            moment = fields.moment(key)
            found[key] = None if moment is None else iso(moment)
            if moment is not None and moment <= call.world.clock.now():
                fields.problems[key] = ("GUILD_SCHEDULED_EVENT_SCHEDULE_PAST", "Cannot schedule event in the past.")
    return found


def _place(value: Any) -> Json:
    location = value.get("location") if isinstance(value, dict) else None
    if not isinstance(location, str) or not 1 <= len(location) <= 100:
        raise Mistake("BASE_TYPE_BAD_LENGTH", "The location must be between 1 and 100 in length.")
    return {"location": location}


def _check_place(fields: Fields, event: Json) -> None:
    """An event is in a channel of its kind, or elsewhere: then it has a place and an end, and no channel."""
    start, end = event.get("scheduled_start_time"), event.get("scheduled_end_time")
    if start and end and end <= start:
        fields.problems["scheduled_end_time"] = (
            "GUILD_SCHEDULED_EVENT_END_BEFORE_START",
            "Event end time must be after its start time.",
        )
    if event["entity_type"] == ELSEWHERE:
        for key in ("entity_metadata", "scheduled_end_time"):
            if event.get(key) is None and key not in fields.problems:
                fields.problems[key] = REQUIRED
        if event.get("channel_id") is not None:
            fields.problems["channel_id"] = ("BASE_TYPE_BAD_VALUE", "An event elsewhere has no channel.")
    elif event["entity_type"] in KIND_OF_CHANNEL:
        channel = CHANNELS.get(str(event.get("channel_id")))
        if channel is None or channel.kind != KIND_OF_CHANNEL[event["entity_type"]]:
            fields.problems["channel_id"] = ("CHANNEL_INVALID", "Not a channel of this event's type.")
