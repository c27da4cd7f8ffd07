"""The guild, its members and the application as Discord's objects.

https://docs.discord.com/developers/resources/guild
"""

from playground.state.clock import iso
from playground.state.looks import BANNER, ICON, LOOKS
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


def guild_json() -> Json:
    return {
        "id": GUILD_ID,
        "name": "Playground",
        "icon": LOOKS.of(ICON),
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": LOOKS.of(BANNER),
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
        "member_count": len(MEMBERS),
        "members": [member_json(user) for user in MEMBERS],
        "channels": [channel.as_json() for channel in CHANNELS.values()],
        "threads": [thread.seen_by(BOT_ID) for thread in active_threads()],
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
