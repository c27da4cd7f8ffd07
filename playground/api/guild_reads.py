"""What a guild has beside members, roles and channels. Of most of it there is none here, and it says so.

https://docs.discord.com/developers/resources/guild
"""

from typing import Any

from playground.api.fields import Fields, Mistake
from playground.api.guild_access import check_guild
from playground.api.routing import Call, Response, route
from playground.errors import ApiError, unknown
from playground.state.clock import iso
from playground.state.guild_settings import GUILD
from playground.state.permissions import MANAGE_GUILD
from playground.state.seed import APPLICATION_ID, BOT_ID, CHANNELS, GUILD_ID, MEMBERS, USERS
from playground.types import Json

GUILD_PATH = "/guilds/{guild_id}"
DAY_S = 86_400


@route("GET", GUILD_PATH + "/widget")
def get_widget_settings(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    return Response({"enabled": GUILD["widget_enabled"], "channel_id": GUILD["widget_channel_id"]})


@route("PATCH", GUILD_PATH + "/widget")
def patch_widget_settings(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    fields = Fields(call.body.object())
    found: dict[str, Any] = {}
    if fields.body.get("enabled") is not None:
        found["widget_enabled"] = fields.flag("enabled")
    if "channel_id" in fields:
        found["widget_channel_id"] = fields.read("channel_id", _channel)
    fields.done()
    call.world.guild.edit(call.act, found)
    return get_widget_settings(call)


def _channel(value: Any) -> str:
    if str(value) not in CHANNELS:
        raise Mistake("CHANNEL_INVALID", "Channel does not exist.")
    return str(value)


@route("GET", GUILD_PATH + "/widget.json", bot_only=False)
def get_widget(call: Call) -> Response:
    """What everybody may read of a server that has a widget; its members' ids are numbers from 0."""
    if call.params["guild_id"] != GUILD_ID:
        raise unknown(10004)
    if not GUILD["widget_enabled"]:
        raise ApiError(403, 50004, "Widget Disabled")
    people: list[Json] = [
        {
            "id": str(number),
            "username": USERS[user_id].username,
            "discriminator": "0000",
            "avatar": None,
            "status": "online",
            "avatar_url": f"{call.world.files.cdn_base}/embed/avatars/{number % 5}.png",
        }
        for number, user_id in enumerate(MEMBERS)
    ]
    return Response(
        {
            "id": GUILD_ID,
            "name": GUILD["name"],
            "instant_invite": None,
            "channels": [],
            "members": people,
            "presence_count": len(people),
        }
    )


@route("GET", GUILD_PATH + "/welcome-screen")
def get_welcome_screen(call: Call) -> Response:
    check_guild(call)
    raise unknown(10069)


@route("GET", GUILD_PATH + "/onboarding")
def get_onboarding(call: Call) -> Response:
    check_guild(call)
    return Response({"guild_id": GUILD_ID, "prompts": [], "default_channel_ids": [], "enabled": False, "mode": 0})


@route("GET", GUILD_PATH + "/vanity-url")
def get_vanity_url(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    return Response({"code": None, "uses": 0})


@route("GET", GUILD_PATH + "/templates")
def list_templates(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    return Response([])


@route("GET", "/guilds/templates/{code}", bot_only=False)
def get_template(_call: Call) -> Response:
    raise unknown(10057)


@route("GET", GUILD_PATH + "/integrations")
def list_integrations(call: Call) -> Response:
    """The bot's own is the one that there is."""
    check_guild(call, MANAGE_GUILD)
    bot = USERS[BOT_ID]
    application: Json = {
        "id": APPLICATION_ID,
        "name": bot.username,
        "icon": None,
        "description": "",
        "summary": "",  # deprecated, always empty, and clients read it
        "type": None,
        "bot": bot.as_json(),
    }
    own: Json = {
        "id": APPLICATION_ID,
        "type": "discord",
        "name": bot.username,
        "account": {"id": APPLICATION_ID, "name": bot.username},
        "enabled": True,
        "application": application,
        "scopes": ["applications.commands", "bot"],
    }
    return Response([own])


@route("GET", GUILD_PATH + "/auto-moderation/rules")
def list_rules(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    return Response([])


@route("GET", GUILD_PATH + "/soundboard-sounds")
def list_sounds(call: Call) -> Response:
    check_guild(call)
    return Response({"items": []})


@route("GET", GUILD_PATH + "/soundboard-sounds/{sound_id}")
def get_sound(call: Call) -> Response:
    check_guild(call)
    raise unknown(10097)


REGIONS = (("us-west", "US West"), ("us-east", "US East"), ("rotterdam", "Rotterdam"), ("singapore", "Singapore"))


@route("GET", "/voice/regions")
def list_regions(_call: Call) -> Response:
    return Response(
        [
            {"id": id_, "name": name, "custom": False, "deprecated": False, "optimal": id_ == REGIONS[0][0]}
            for id_, name in REGIONS
        ]
    )


@route("GET", GUILD_PATH + "/regions")
def list_guild_regions(call: Call) -> Response:
    check_guild(call)
    return list_regions(call)


@route("PUT", GUILD_PATH + "/incident-actions", partly="it stops nobody")
def put_incident_actions(call: Call) -> Response:
    """Pause invites and direct messages, at most for a day."""
    check_guild(call, MANAGE_GUILD)
    fields = Fields(call.body.object())
    until = {key: fields.moment(key) for key in ("invites_disabled_until", "dms_disabled_until")}
    for key, moment in until.items():
        if moment is not None and moment > call.world.clock.now() + DAY_S:
            fields.problems[key] = ("DATE_TIME_TOO_LATE", "Must be within 24 hours from now.")
    fields.done()
    data = {key: None if moment is None else iso(moment) for key, moment in until.items()}
    call.world.guild.edit(call.act, {"incidents_data": data})
    return Response(data)
