"""A thread as it is stored.

https://docs.discord.com/developers/topics/threads
"""

from dataclasses import dataclass, field

from playground.state.clock import iso
from playground.types import Json

ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12


@dataclass
class Thread:
    id: str
    guild_id: str
    parent_id: str
    owner_id: str
    name: str
    created: float
    kind: int = PUBLIC_THREAD
    auto_archive_minutes: int = 4320
    rate_limit_per_user: int = 0
    invitable: bool = True  # whether members of a private thread may add others
    active: float = 0.0  # when somebody last wrote, or opened it again
    due: float = 0.0  # when it is next looked at whether to archive it
    archived: bool = False
    archived_changed: float = 0.0  # when it was last archived or unarchived
    locked: bool = False
    flags: int = 0
    tags: list[str] = field(default_factory=list)  # ids of its forum's tags
    members: dict[str, float] = field(default_factory=dict)  # user id -> when they joined
    last_message_id: str | None = None
    last_pin: float | None = None
    messages: int = 0  # now there, without the one that it began with
    sent: int = 0  # ever written

    @property
    def private(self) -> bool:
        return self.kind == PRIVATE_THREAD

    def as_json(self) -> Json:
        """The channel object, without the `member` that only a member's own has."""
        about: Json = {
            "archived": self.archived,
            "archive_timestamp": iso(self.archived_changed),
            "auto_archive_duration": self.auto_archive_minutes,
            "locked": self.locked,
            "create_timestamp": iso(self.created),
        }
        if self.private:
            about["invitable"] = self.invitable
        data: Json = {
            "id": self.id,
            "type": self.kind,
            "guild_id": self.guild_id,
            "parent_id": self.parent_id,
            "owner_id": self.owner_id,
            "name": self.name,
            "last_message_id": self.last_message_id,
            "message_count": self.messages,
            "total_message_sent": self.sent,
            "member_count": min(len(self.members), 50),  # where Discord stops counting
            "rate_limit_per_user": self.rate_limit_per_user,
            "flags": self.flags,
            "thread_metadata": about,
        }
        if self.last_pin is not None:
            data["last_pin_timestamp"] = iso(self.last_pin)
        if self.tags:
            data["applied_tags"] = list(self.tags)
        return data

    def member_json(self, user_id: str) -> Json:
        """Raises KeyError when the user is no member."""
        return {"id": self.id, "user_id": user_id, "join_timestamp": iso(self.members[user_id]), "flags": 0}

    def seen_by(self, user_id: str) -> Json:
        """The channel object as a user gets it: with what they are in it."""
        data = self.as_json()
        if user_id in self.members:
            data["member"] = self.member_json(user_id)
        return data

    def state_json(self) -> Json:
        """For the page and tests."""
        return {**self.as_json(), "members": list(self.members)}
