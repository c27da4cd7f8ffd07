"""The guild, its members and the application as Discord's objects.

https://docs.discord.com/developers/resources/guild
"""

from playground.state.application_settings import APPLICATION
from playground.state.clock import iso
from playground.state.files import EMOJIS, STICKERS, Sticker
from playground.state.guild_settings import GUILD, SCHEDULED
from playground.state.looks import APPLICATION_ICON, BANNER, ICON, LOOKS
from playground.state.seed import ADA_ID, APPLICATION_ID, BOT_ID, CHANNELS, GUILD_ID, MEMBERS, ROLES, USERS
from playground.state.snowflake import created_at
from playground.state.thread_access import active_threads
from playground.types import Json


def member_json(user_id: str, *, with_user: bool = True) -> Json:
    """The member object. Raises KeyError when the user is no member."""
    data = MEMBERS[user_id].as_json()
    if with_user:
        data["user"] = USERS[user_id].as_json()
    return data


def sticker_json(sticker: Sticker) -> Json:
    return {
        **sticker.item_json(),
        "tags": sticker.tags,
        "type": 2,
        "description": sticker.description,
        "available": True,
        "guild_id": GUILD_ID,
    }


def guild_emojis() -> list[Json]:
    return [emoji.as_json() for emoji in EMOJIS.values() if not emoji.of_application]


def guild_stickers() -> list[Json]:
    return [sticker_json(sticker) for sticker in STICKERS.values()]


def guild_json() -> Json:
    return {
        "id": GUILD_ID,
        "icon": LOOKS.of(ICON),
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "banner": LOOKS.of(BANNER),
        "owner_id": ADA_ID,
        "application_id": None,
        "region": "us-west",
        "roles": [role.as_json() for role in ROLES.values()],
        "mfa_level": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": guild_emojis(),
        "stickers": guild_stickers(),
        **GUILD,
    }


def guild_create_json() -> Json:
    """The GUILD_CREATE event: the guild with everything that only the gateway sends."""
    return {
        **guild_json(),
        "joined_at": iso(created_at(GUILD_ID)),
        "large": False,
        "unavailable": False,
        "member_count": len(MEMBERS),
        "members": [member_json(user) for user in MEMBERS],
        "channels": [channel.as_json() for channel in CHANNELS.values()],
        "threads": [thread.seen_by(BOT_ID) for thread in active_threads()],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": list(SCHEDULED.values()),
        "soundboard_sounds": [],
    }


def application_json(flags: int) -> Json:
    """The application; `flags` are the portal's."""
    return {
        "id": APPLICATION_ID,
        "name": "glyphcord",
        "icon": LOOKS.of(APPLICATION_ICON),
        "summary": "",  # deprecated, always empty, and there all the same
        "type": None,
        "bot": USERS[BOT_ID].as_json(),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "owner": USERS[ADA_ID].as_json(),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        **APPLICATION,
    }
