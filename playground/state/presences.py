"""Who is online, and what they are doing. People are online until told otherwise, a bot while it is connected.

https://docs.discord.com/developers/events/gateway-events#presence
"""

from typing import Any, Final

from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.seed import BOT_ID, GUILD_ID, MEMBERS
from playground.types import Json

STATUSES: Final = ("online", "idle", "dnd", "invisible", "offline")
ACTIVITY_TYPES: Final = range(6)
OF_A_BOT: Final = ("name", "state", "type", "url")


def read_presence(data: Any) -> Json | None:
    """Status and activities of an op 3, or of a control request; None when Discord would not take it."""
    if not isinstance(data, dict) or data.get("status", "online") not in STATUSES:
        return None
    game = data.get("game")  # the older form, which clients still send with an IDENTIFY
    activities = data.get("activities") or ([] if game is None else [game])
    if not isinstance(activities, list) or not all(isinstance(one, dict) for one in activities):
        return None
    if not all(isinstance(one.get("name"), str) and one.get("type", 0) in ACTIVITY_TYPES for one in activities):
        return None
    shown = [{"type": 0, **{key: one[key] for key in OF_A_BOT if one.get(key) is not None}} for one in activities]
    status = data.get("status", "online")
    return {"status": "offline" if status == "invisible" else status, "activities": shown}


class Presences:
    def __init__(self, clock: Clock, events: Events) -> None:
        self._clock, self._events = clock, events
        self._told: dict[str, Json] = {BOT_ID: {"status": "offline", "activities": []}}
        self._since: dict[str, int] = {}

    def of(self, user_id: str) -> Json:
        """The presence object of a member, with the guild's id."""
        told = self._told.get(user_id, {"status": "online", "activities": []})
        there = {} if told["status"] == "offline" else {"web" if user_id == BOT_ID else "desktop": told["status"]}
        began = {"created_at": self._since.get(user_id, 0)}
        return {
            "user": {"id": user_id},
            "guild_id": GUILD_ID,
            "client_status": there,
            "status": told["status"],
            "activities": [{**began, **activity} for activity in told["activities"]],
        }

    def put(self, user_id: str, presence: Json) -> None:
        """Everybody who may know is told, when it is another than before."""
        if self._told.get(user_id) != presence:
            self._told[user_id] = presence
            self._since[user_id] = round(self._clock.now() * 1000)
            if user_id in MEMBERS:
                self._events.emit("PRESENCE_UPDATE", self.of(user_id))
            self._events.changed("presence", self.of(user_id))

    def online(self) -> list[Json]:
        return [found for found in map(self.of, MEMBERS) if found["status"] != "offline"]

    def counts(self) -> Json:
        """What `with_counts` adds to a guild."""
        return {"approximate_member_count": len(MEMBERS), "approximate_presence_count": len(self.online())}
