"""People and roles as they are stored.

https://docs.discord.com/developers/resources/guild#guild-member-object
"""

from dataclasses import dataclass, field

from playground.state.clock import iso
from playground.state.looks import LOOKS
from playground.types import Json


@dataclass
class User:
    """An account, a member of the guild or not."""

    id: str
    username: str
    global_name: str | None
    bot: bool = False

    def as_json(self) -> Json:
        data: Json = {
            "id": self.id,
            "username": self.username,
            "avatar": LOOKS.of(self.id),
            "discriminator": "0001" if self.bot else "0",
            "public_flags": 0,
            "flags": 0,
            "global_name": self.global_name,
            "primary_guild": None,
        }
        if self.bot:
            data["bot"] = True
        return data


@dataclass
class Member:
    """What an account is in the guild. `silenced` while a time-out lasts, which `timeout_until` may outlive."""

    user_id: str
    joined: float
    roles: list[str] = field(default_factory=list)
    nick: str | None = None
    timeout_until: float | None = None
    silenced: bool = False
    mute: bool = False
    deaf: bool = False
    flags: int = 0

    def as_json(self) -> Json:
        """The member object without its `user`."""
        return {
            "avatar": LOOKS.of(f"server:{self.user_id}"),
            "banner": LOOKS.of(f"server-banner:{self.user_id}"),
            "communication_disabled_until": None if self.timeout_until is None else iso(self.timeout_until),
            "flags": self.flags,
            "joined_at": iso(self.joined),
            "nick": self.nick,
            "pending": False,
            "premium_since": None,
            "roles": list(self.roles),
            "mute": self.mute,
            "deaf": self.deaf,
        }


@dataclass
class Role:
    """A role; with `bot_id` it is the one that a bot brought along."""

    id: str
    name: str
    permissions: int
    position: int
    color: int = 0
    bot_id: str | None = None
    hoist: bool = False
    mentionable: bool = False

    @property
    def managed(self) -> bool:
        return self.bot_id is not None

    def as_json(self) -> Json:
        data: Json = {
            "id": self.id,
            "name": self.name,
            "permissions": str(self.permissions),
            "position": self.position,
            "color": self.color,
            "colors": {"primary_color": self.color, "secondary_color": None, "tertiary_color": None},
            "hoist": self.hoist,
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,  # this and the next are for servers that are boosted
            "unicode_emoji": None,
            "flags": 0,
        }
        if self.managed:
            data["tags"] = {"bot_id": self.bot_id}
        return data
