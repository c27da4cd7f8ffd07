"""The guild itself: read, changed, and previewed.

https://docs.discord.com/developers/resources/guild
"""

from typing import Any

from playground.api.fields import Fields, Mistake
from playground.api.guild_access import check_guild
from playground.api.routing import Call, Response, route
from playground.errors import ApiError
from playground.state.guild_objects import guild_json
from playground.state.permissions import MANAGE_GUILD
from playground.state.seed import CHANNELS, TEXT, VOICE

ONE = "/guilds/{guild_id}"
SETTINGS = {
    "verification_level": range(5),
    "default_message_notifications": range(2),
    "explicit_content_filter": range(3),
    "afk_timeout": (60, 300, 900, 1800, 3600),
}
TEXT_CHANNELS = ("system_channel_id", "rules_channel_id", "public_updates_channel_id", "safety_alerts_channel_id")
NEED_BOOSTS = ("banner", "splash", "discovery_splash", "home_header")
LOCALES = (
    *("ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr", "hu"),
    *("id", "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi"),
    *("zh-CN", "zh-TW"),
)
KNOWN_FEATURES = ("COMMUNITY", "DISCOVERABLE", "INVITES_DISABLED", "RAID_ALERTS_DISABLED")


@route("GET", ONE)
def get_guild(call: Call) -> Response:
    check_guild(call)
    return Response({**guild_json(), **(call.world.presences.counts() if call.flag("with_counts") else {})})


@route("GET", ONE + "/preview")
def preview_guild(call: Call) -> Response:
    check_guild(call)
    guild = guild_json()
    kept = ("id", "name", "icon", "description", "home_header", "splash", "discovery_splash", "features")
    return Response({**{key: guild[key] for key in (*kept, "emojis", "stickers")}, **call.world.presences.counts()})


@route("PATCH", ONE)
def patch_guild(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    fields = Fields(call.body.object())
    found: dict[str, Any] = {}
    if "name" in fields:
        found["name"] = fields.text("name", 2, 100, needed=True)
    if "description" in fields:
        found["description"] = fields.text("description", 0, 300) or None
    for key, choices in SETTINGS.items():
        if fields.body.get(key) is not None:
            found[key] = fields.choice(key, choices)
    for key in TEXT_CHANNELS:
        if key in fields:
            found[key] = fields.read(key, lambda value: _channel(value, TEXT))
    if "afk_channel_id" in fields:
        found["afk_channel_id"] = fields.read("afk_channel_id", lambda value: _channel(value, VOICE))
    if "system_channel_flags" in fields:
        found["system_channel_flags"] = fields.whole("system_channel_flags", 0, (1 << 6) - 1) or 0
    if "preferred_locale" in fields:
        found["preferred_locale"] = fields.read("preferred_locale", _locale) or "en-US"
    if fields.body.get("premium_progress_bar_enabled") is not None:
        found["premium_progress_bar_enabled"] = fields.flag("premium_progress_bar_enabled")
    if "features" in fields:
        found["features"] = fields.read("features", _features) or []
    icon = fields.picture("icon")
    fields.done()
    if any(fields.body.get(key) is not None for key in NEED_BOOSTS):
        raise ApiError(400, 50101, "This server needs more boosts to perform this action")
    call.world.guild.edit(call.act, found, icon, takes_icon="icon" in fields)
    return Response(guild_json())


def _channel(value: Any, kind: int) -> str:
    channel = CHANNELS.get(str(value))
    if channel is None or channel.kind != kind:
        raise Mistake("GUILD_INVALID_CHANNEL", "Channel does not exist or is of another type.")
    return channel.id


def _locale(value: Any) -> str:
    if value not in LOCALES:
        raise Mistake("BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(LOCALES)}}}.")
    return str(value)


def _features(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Mistake("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    return [str(one) for one in dict.fromkeys(value) if one in KNOWN_FEATURES]
