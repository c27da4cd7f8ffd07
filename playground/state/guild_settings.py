"""What the guild's settings are now, of the one guild that a process has.

https://docs.discord.com/developers/resources/guild#guild-object
"""

from playground.types import Json

GUILD: Json = {
    "name": "Playground",
    "description": None,
    "features": [],
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "widget_channel_id": None,
    "verification_level": 0,
    "default_message_notifications": 0,
    "explicit_content_filter": 0,
    "preferred_locale": "en-US",
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "public_updates_channel_id": None,
    "premium_progress_bar_enabled": False,
    "incidents_data": None,
}

SCHEDULED: dict[str, Json] = {}
"""Scheduled events by id, as Discord's objects without what depends on who reads."""
