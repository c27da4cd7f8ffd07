"""Who and what lives in the playground, with fixed ids: a guild, its members, roles, channels, direct messages.

USERS, MEMBERS, ROLES, CHANNELS, THREADS and DIRECTS are what there is now, of the one guild that a process has; a
new World puts them back as they were at the start.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

from playground.state.application_settings import APPLICATION
from playground.state.clock import iso
from playground.state.guild_settings import GUILD, SCHEDULED
from playground.state.looks import LOOKS
from playground.state.people import Member, Role, User
from playground.state.permissions import (
    ADMINISTRATOR,
    ALL_PERMISSIONS,
    IN_TIMEOUT,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    ORDINARY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)
from playground.state.snowflake import created_at
from playground.state.thread import Thread
from playground.types import Json

# As Discord's own: its first part is the bot's id. It opens nothing but a playground that was not given another.
TOKEN = "MTIwMDAwMDAwMDAwMDAwMDAx.playground.token"  # noqa: S105
GUILD_ID = "110000000000000001"
APPLICATION_ID = BOT_ID = "120000000000000001"  # an application and its bot user share their id, as on Discord
ADA_ID, MOD_ID, MIA_ID, SAM_ID = (f"13000000000000000{n}" for n in (1, 2, 3, 4))
EVERYONE_ROLE = GUILD_ID
ADMIN_ROLE, MODERATOR_ROLE, BOT_ROLE = (f"14000000000000000{n}" for n in (1, 2, 3))
ASCII_CHANNEL, GENERAL_CHANNEL, QUIET_CHANNEL, STAFF_CHANNEL, NEWS_CHANNEL, SHOWCASE_FORUM = (
    f"15000000000000000{n}" for n in range(1, 7)
)

TEXT, VOICE, CATEGORY, ANNOUNCEMENT, STAGE, FORUM, MEDIA = 0, 2, 4, 5, 13, 15, 16


@dataclass(frozen=True)
class Overwrite:
    """What a channel grants and denies to a role or to a member."""

    allow: int = 0
    deny: int = 0
    of_member: bool = False

    def as_json(self, whose: str) -> Json:
        return {"id": whose, "type": int(self.of_member), "allow": str(self.allow), "deny": str(self.deny)}


def _last_pin(moment: float | None) -> Json:
    return {} if moment is None else {"last_pin_timestamp": iso(moment)}


@dataclass
class Channel:
    """A channel of the guild that is no thread; `settings` are the other fields of Discord's object."""

    id: str
    name: str
    topic: str | None
    position: int
    overwrites: dict[str, Overwrite] = field(default_factory=dict)  # by id of a role or a member
    kind: int = TEXT
    settings: Json = field(default_factory=dict)
    last_message_id: str | None = None  # in a forum, its newest thread
    last_pin: float | None = None

    def as_json(self) -> Json:
        data: Json = {
            "id": self.id,
            "type": self.kind,
            "flags": 0,
            "guild_id": GUILD_ID,
            "name": self.name,
            "position": self.position,
            "parent_id": None,
            "permission_overwrites": [one.as_json(whose) for whose, one in self.overwrites.items()],
        }
        if self.kind != CATEGORY:
            data |= {"nsfw": False, "rate_limit_per_user": 0, "last_message_id": self.last_message_id}
        if self.kind not in (CATEGORY, VOICE, STAGE):
            data["topic"] = self.topic
        return data | _last_pin(self.last_pin) | self.settings


USERS = {
    user.id: user
    for user in (
        User(BOT_ID, "glyphcord", None, bot=True),
        User(ADA_ID, "ada", "Ada"),
        User(MOD_ID, "mod", "Mod"),
        User(MIA_ID, "mia", "Mia"),
        User(SAM_ID, "sam", "Sam"),
    )
}
MEMBERS = {
    user_id: Member(user_id, created_at(GUILD_ID), roles)
    for user_id, roles in (
        (BOT_ID, [BOT_ROLE]),
        (ADA_ID, [ADMIN_ROLE]),
        (MOD_ID, [MODERATOR_ROLE]),
        (MIA_ID, []),
        (SAM_ID, []),
    )
}
ROLES = {
    role.id: role
    for role in (
        Role(EVERYONE_ROLE, "@everyone", ORDINARY, 0),
        Role(BOT_ROLE, "glyphcord", ORDINARY, 1, bot_id=BOT_ID),
        Role(MODERATOR_ROLE, "Moderator", ORDINARY | MANAGE_MESSAGES | MANAGE_THREADS, 2, 0x3498DB),
        Role(ADMIN_ROLE, "Admin", ADMINISTRATOR, 3, 0xE91E63),
    )
}


def _tag(number: int, name: str, *, moderated: bool = False) -> Json:
    """A tag of the forum, https://docs.discord.com/developers/resources/channel#forum-tag-object."""
    id_ = f"17000000000000000{number}"
    return {"id": id_, "name": name, "moderated": moderated, "emoji_id": None, "emoji_name": None}


CHANNELS = {
    channel.id: channel
    for channel in (
        Channel(ASCII_CHANNEL, "ascii", "Pictures made of letters: /ascii", 0),
        Channel(GENERAL_CHANNEL, "general", "Everything else", 1),
        Channel(
            QUIET_CHANNEL, "quiet", "The bot may read here, not write", 2, {BOT_ROLE: Overwrite(deny=SEND_MESSAGES)}
        ),
        Channel(
            STAFF_CHANNEL, "staff", "The bot may not look in here", 3, {BOT_ROLE: Overwrite(deny=VIEW_CHANNEL)}
        ),
        Channel(NEWS_CHANNEL, "news", "Announcements, for other servers to follow", 4, kind=ANNOUNCEMENT),
        Channel(
            SHOWCASE_FORUM,
            "showcase",
            "Show what came out: one post a picture",
            5,
            kind=FORUM,
            settings={
                "available_tags": [_tag(1, "portrait"), _tag(2, "landscape"), _tag(3, "chosen", moderated=True)],
                "default_reaction_emoji": {"emoji_id": None, "emoji_name": "🩷"},
                "default_sort_order": None,
                "default_forum_layout": 0,
                "default_thread_rate_limit_per_user": 0,
            },
        ),
    )
}


THREADS: dict[str, Thread] = {}


@dataclass
class Direct:
    """A conversation of two: someone and the bot, or two people, to whom the bot is an app that they use."""

    id: str
    people: tuple[str, str]
    last_message_id: str | None = None
    last_pin: float | None = None

    def as_json(self) -> Json:
        others = [user for user in self.people if user != BOT_ID]
        return {
            "id": self.id,
            "type": 1,
            "flags": 0,
            "last_message_id": self.last_message_id,
            "recipients": [USERS[user].as_json() for user in others],
            **_last_pin(self.last_pin),
        }


DIRECTS = {
    direct.id: direct
    for direct in (
        *(Direct(f"16000000000000000{n}", (user, BOT_ID)) for n, user in enumerate(list(USERS)[1:], 1)),
        Direct("160000000000000009", (MIA_ID, SAM_ID)),
    )
}
_LIVE: tuple[dict[str, Any], ...] = (
    USERS,
    MEMBERS,
    ROLES,
    CHANNELS,
    THREADS,
    DIRECTS,
    GUILD,
    SCHEDULED,
    APPLICATION,
)
_AT_FIRST = copy.deepcopy(_LIVE)
# Where an interaction happens: https://docs.discord.com/developers/interactions/application-commands#interaction-contexts
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2


def restore() -> None:
    """Put people, roles, channels, settings and pictures back as they were when the process began."""
    LOOKS.clear()
    for live, first in zip(_LIVE, copy.deepcopy(_AT_FIRST), strict=True):
        live.clear()
        live.update(first)


def place(channel_id: str) -> Channel | Thread | Direct | None:
    """Whatever messages can be in: a channel, a thread or a conversation; None when there is none of that id."""
    return CHANNELS.get(channel_id) or THREADS.get(channel_id) or DIRECTS.get(channel_id)


def in_guild(channel_id: str) -> bool:
    return channel_id in CHANNELS or channel_id in THREADS


def context_of(channel_id: str) -> int:
    if in_guild(channel_id):
        return IN_GUILD
    return IN_BOT_DM if BOT_ID in DIRECTS[channel_id].people else IN_PRIVATE_CHANNEL


def guild_part(channel_id: str) -> Json:
    """The guild_id that everything in one of its channels carries, and nothing in direct messages."""
    return {"guild_id": GUILD_ID} if in_guild(channel_id) else {}


def channel_json(channel_id: str) -> Json:
    """The channel object. Raises KeyError when there is none."""
    found = place(channel_id)
    if found is None:
        raise KeyError(channel_id)
    return found.as_json()


def to_write(channel_id: str) -> int:
    """The permission that writing needs there."""
    return SEND_MESSAGES_IN_THREADS if channel_id in THREADS else SEND_MESSAGES


def permissions(user_id: str, channel_id: str) -> int:
    """What a user may do in a channel, as a bit set.

    https://docs.discord.com/developers/topics/permissions#permission-overwrites
    """
    if channel_id in DIRECTS:
        return ORDINARY if user_id in DIRECTS[channel_id].people else 0
    if (thread := THREADS.get(channel_id)) is not None:  # a thread has its channel's, a private one its members
        held = permissions(user_id, thread.parent_id)
        return held if not thread.private or user_id in thread.members or held & MANAGE_THREADS else 0
    held = guild_permissions(user_id)
    if channel_id not in CHANNELS or not held:
        return 0
    if held == ALL_PERMISSIONS:
        return held
    member, overwrites = MEMBERS[user_id], CHANNELS[channel_id].overwrites
    if (of_all := overwrites.get(EVERYONE_ROLE)) is not None:
        held = held & ~of_all.deny | of_all.allow
    of_roles = [overwrites[role] for role in member.roles if role in overwrites]
    for one in of_roles:
        held &= ~one.deny
    for one in of_roles:  # what one role grants, none of the others takes away
        held |= one.allow
    if (own := overwrites.get(user_id)) is not None:
        held = held & ~own.deny | own.allow
    if member.silenced:
        held &= IN_TIMEOUT
    return held if held & VIEW_CHANNEL else 0


def guild_permissions(user_id: str) -> int:
    """What a user may do in the guild as a whole; nothing when they are no member of it."""
    member = MEMBERS.get(user_id)
    if member is None:
        return 0
    held = ROLES[EVERYONE_ROLE].permissions
    for role in member.roles:
        held |= ROLES[role].permissions
    if user_id == ADA_ID or held & ADMINISTRATOR:  # the owner may everything
        return ALL_PERMISSIONS
    return held & IN_TIMEOUT if member.silenced else held
