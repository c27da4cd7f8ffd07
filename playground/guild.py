"""Who and what lives in the playground, with fixed ids: a guild, its people, roles, channels, direct messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playground.clock import iso
from playground.snowflake import created_at

Json = dict[str, Any]

# As Discord's own: its first part is the bot's id. It opens nothing but a playground that was not given another.
TOKEN = "MTIwMDAwMDAwMDAwMDAwMDAx.playground.token"  # noqa: S105
GUILD_ID = "110000000000000001"
APPLICATION_ID = BOT_ID = "120000000000000001"  # an application and its bot user share their id, as on Discord
ADA_ID, MOD_ID, MIA_ID, SAM_ID = (f"13000000000000000{n}" for n in (1, 2, 3, 4))
EVERYONE_ROLE = GUILD_ID
ADMIN_ROLE, MODERATOR_ROLE, BOT_ROLE = (f"14000000000000000{n}" for n in (1, 2, 3))
ASCII_CHANNEL, GENERAL_CHANNEL, QUIET_CHANNEL, STAFF_CHANNEL = (f"15000000000000000{n}" for n in (1, 2, 3, 4))

ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
USE_EXTERNAL_EMOJIS = 1 << 18
USE_APPLICATION_COMMANDS = 1 << 31
ALL_PERMISSIONS = (1 << 50) - 1
ORDINARY = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
)


@dataclass(frozen=True)
class User:
    id: str
    username: str
    global_name: str | None
    roles: tuple[str, ...] = ()
    bot: bool = False

    def as_json(self) -> Json:
        data: Json = {
            "id": self.id,
            "username": self.username,
            "avatar": None,
            "discriminator": "0001" if self.bot else "0",
            "public_flags": 0,
            "flags": 0,
            "global_name": self.global_name,
            "primary_guild": None,
        }
        if self.bot:
            data["bot"] = True
        return data


@dataclass(frozen=True)
class Role:
    id: str
    name: str
    permissions: int
    position: int
    color: int = 0
    managed: bool = False

    def as_json(self) -> Json:
        data: Json = {
            "id": self.id,
            "name": self.name,
            "permissions": str(self.permissions),
            "position": self.position,
            "color": self.color,
            "colors": {"primary_color": self.color, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        if self.managed:
            data["tags"] = {"bot_id": BOT_ID}
        return data


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    topic: str
    position: int
    denied: dict[str, int] = field(default_factory=dict)  # role id -> permissions taken away here

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "type": 0,
            "flags": 0,
            "guild_id": GUILD_ID,
            "name": self.name,
            "position": self.position,
            "topic": self.topic,
            "nsfw": False,
            "parent_id": None,
            "rate_limit_per_user": 0,
            "last_message_id": None,
            "permission_overwrites": [
                {"id": role, "type": 0, "allow": "0", "deny": str(bits)} for role, bits in self.denied.items()
            ],
        }


USERS = {
    user.id: user
    for user in (
        User(BOT_ID, "glyphcord", None, (BOT_ROLE,), bot=True),
        User(ADA_ID, "ada", "Ada", (ADMIN_ROLE,)),
        User(MOD_ID, "mod", "Mod", (MODERATOR_ROLE,)),
        User(MIA_ID, "mia", "Mia"),
        User(SAM_ID, "sam", "Sam"),
    )
}
ROLES = {
    role.id: role
    for role in (
        Role(EVERYONE_ROLE, "@everyone", ORDINARY, 0),
        Role(BOT_ROLE, "glyphcord", ORDINARY, 1, managed=True),
        Role(MODERATOR_ROLE, "Moderator", ORDINARY | MANAGE_MESSAGES, 2, 0x3498DB),
        Role(ADMIN_ROLE, "Admin", ADMINISTRATOR, 3, 0xE91E63),
    )
}
CHANNELS = {
    channel.id: channel
    for channel in (
        Channel(ASCII_CHANNEL, "ascii", "Pictures made of letters: /ascii", 0),
        Channel(GENERAL_CHANNEL, "general", "Everything else", 1),
        Channel(QUIET_CHANNEL, "quiet", "The bot may read here, not write", 2, {BOT_ROLE: SEND_MESSAGES}),
        Channel(STAFF_CHANNEL, "staff", "The bot may not look in here", 3, {BOT_ROLE: VIEW_CHANNEL}),
    )
}


@dataclass(frozen=True)
class Direct:
    """A conversation of two: someone and the bot, or two people, to whom the bot is an app that they use."""

    id: str
    people: tuple[str, str]

    def as_json(self) -> Json:
        others = [user for user in self.people if user != BOT_ID]
        return {
            "id": self.id,
            "type": 1,
            "flags": 0,
            "last_message_id": None,
            "recipients": [USERS[user].as_json() for user in others],
        }


DIRECTS = {
    direct.id: direct
    for direct in (
        *(Direct(f"16000000000000000{n}", (user, BOT_ID)) for n, user in enumerate(list(USERS)[1:], 1)),
        Direct("160000000000000009", (MIA_ID, SAM_ID)),
    )
}
# Where an interaction happens: https://docs.discord.com/developers/interactions/application-commands#interaction-contexts
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2


def context_of(channel_id: str) -> int:
    if channel_id in CHANNELS:
        return IN_GUILD
    return IN_BOT_DM if BOT_ID in DIRECTS[channel_id].people else IN_PRIVATE_CHANNEL


def guild_part(channel_id: str) -> Json:
    """The guild_id that everything in one of its channels carries, and nothing in direct messages."""
    return {"guild_id": GUILD_ID} if channel_id in CHANNELS else {}


def channel_json(channel_id: str) -> Json:
    return (CHANNELS.get(channel_id) or DIRECTS[channel_id]).as_json()


def permissions(user_id: str, channel_id: str) -> int:
    """What a user may do in a channel, as a bit set.

    https://docs.discord.com/developers/topics/permissions#permission-overwrites
    """
    if channel_id in DIRECTS:
        return ORDINARY if user_id in DIRECTS[channel_id].people else 0
    if user_id == ADA_ID:  # the owner may everything
        return ALL_PERMISSIONS
    roles = (EVERYONE_ROLE, *USERS[user_id].roles)
    granted = 0
    for role in roles:
        granted |= ROLES[role].permissions
    if granted & ADMINISTRATOR:
        return ALL_PERMISSIONS
    for role in roles:
        granted &= ~CHANNELS[channel_id].denied.get(role, 0)
    return granted if granted & VIEW_CHANNEL else 0


def member_json(user_id: str, *, with_user: bool = True) -> Json:
    data: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": iso(created_at(GUILD_ID)),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": list(USERS[user_id].roles),
        "mute": False,
        "deaf": False,
    }
    if with_user:
        data["user"] = USERS[user_id].as_json()
    return data


def guild_json() -> Json:
    return {
        "id": GUILD_ID,
        "name": "Playground",
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": ADA_ID,
        "application_id": None,
        "region": "us-west",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role.as_json() for role in ROLES.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create_json() -> Json:
    """The GUILD_CREATE event: the guild with everything that only the gateway sends."""
    return {
        **guild_json(),
        "joined_at": iso(created_at(GUILD_ID)),
        "large": False,
        "unavailable": False,
        "member_count": len(USERS),
        "members": [member_json(user) for user in USERS],
        "channels": [channel.as_json() for channel in CHANNELS.values()],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_json() -> Json:
    return {
        "id": APPLICATION_ID,
        "name": "glyphcord",
        "icon": None,
        "description": "A bot on its playground.",
        "type": None,
        "bot": USERS[BOT_ID].as_json(),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": USERS[ADA_ID].as_json(),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "integration_types_config": {"0": {}, "1": {}},
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }
