"""What happens to scheduled events.

https://docs.discord.com/developers/resources/guild-scheduled-event
"""

from typing import Any

from playground.errors import missing_permissions, unknown
from playground.state.audit_log import Act, Action, AuditLog, changed
from playground.state.events import Events
from playground.state.guild_settings import SCHEDULED
from playground.state.permissions import CREATE_EVENTS, MANAGE_EVENTS
from playground.state.seed import GUILD_ID, USERS, guild_permissions
from playground.state.snowflake import Snowflakes
from playground.types import Json

PLANNED, ACTIVE, COMPLETED, CANCELED = range(1, 5)
FOLLOWING = {PLANNED: (ACTIVE, CANCELED), ACTIVE: (COMPLETED,), COMPLETED: (), CANCELED: ()}
LOGGED = (
    "name",
    "description",
    "channel_id",
    "status",
    "entity_type",
    "privacy_level",
    "scheduled_start_time",
    "scheduled_end_time",
)


def scheduled_event(event_id: str) -> Json:
    """Raises ApiError 10070."""
    event = SCHEDULED.get(event_id)
    if event is None:
        raise unknown(10070)
    return event


def _logged(event: Json) -> Json:
    return {key: event[key] for key in LOGGED}


class ScheduledEvents:
    def __init__(self, ids: Snowflakes, events: Events, audit: AuditLog) -> None:
        self._ids, self._events, self._audit = ids, events, audit

    def create(self, act: Act, data: dict[str, Any]) -> Json:
        """Raises ApiError 50013."""
        if not guild_permissions(act.by) & (CREATE_EVENTS | MANAGE_EVENTS):
            raise missing_permissions()
        event: Json = {
            "id": self._ids.next(),
            "guild_id": GUILD_ID,
            "creator_id": act.by,
            "creator": USERS[act.by].as_json(),
            "description": None,
            "channel_id": None,
            "image": None,
            "scheduled_end_time": None,
            "status": PLANNED,
            "entity_id": None,
            "entity_metadata": None,
            "recurrence_rule": None,
            "guild_scheduled_event_exceptions": [],
            **data,
        }
        SCHEDULED[event["id"]] = event
        self._events.emit("GUILD_SCHEDULED_EVENT_CREATE", event)
        self._audit.add(act, Action.SCHEDULED_EVENT_CREATE, event["id"], changed({}, _logged(event)))
        return event

    def edit(self, act: Act, event: Json, changes: dict[str, Any]) -> Json:
        """Raises ApiError 50013."""
        self._need(act, event)
        new = SCHEDULED[event["id"]] = {**event, **changes}
        if new != event:
            self._events.emit("GUILD_SCHEDULED_EVENT_UPDATE", new)
            told = changed(_logged(event), _logged(new))
            self._audit.add(act, Action.SCHEDULED_EVENT_UPDATE, event["id"], told)
        return new

    def delete(self, act: Act, event: Json) -> None:
        """Raises ApiError 50013."""
        self._need(act, event)
        del SCHEDULED[event["id"]]
        self._events.emit("GUILD_SCHEDULED_EVENT_DELETE", event)
        self._audit.add(act, Action.SCHEDULED_EVENT_DELETE, event["id"], changed(_logged(event), {}))

    @staticmethod
    def _need(act: Act, event: Json) -> None:
        held = guild_permissions(act.by)
        own = event["creator_id"] == act.by and held & CREATE_EVENTS
        if not own and not held & MANAGE_EVENTS:
            raise missing_permissions()
