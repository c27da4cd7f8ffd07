"""The bot itself, its application, and where the gateway is."""

from playground.api.routing import Call, Response, route
from playground.errors import invalid_form, unknown
from playground.state.guild_objects import application_json, guild_json
from playground.state.seed import BOT_ID, CHANNELS, USERS, permissions


@route("GET", "/users/@me")
def get_me(call: Call) -> Response:
    me = USERS[BOT_ID].as_json()
    return Response({**me, "mfa_enabled": True, "locale": "en-US", "email": None, "verified": True})


@route("GET", "/users/@me/guilds")
def get_my_guilds(call: Call) -> Response:
    guild = guild_json()
    mine = {key: guild[key] for key in ("id", "name", "icon", "banner", "features")}
    bits = permissions(BOT_ID, next(iter(CHANNELS)))
    counts = call.world.presences.counts() if call.flag("with_counts") else {}
    return Response([{**mine, "owner": False, "permissions": str(bits), **counts}])


@route("GET", "/users/{user_id}")
def get_user(call: Call) -> Response:
    user = USERS.get(call.params["user_id"])
    if user is None:
        raise unknown(10013)
    return Response(user.as_json())


@route("GET", "/applications/@me")
@route("GET", "/oauth2/applications/@me")
def get_application(call: Call) -> Response:
    return Response(application_json(call.world.portal.flags()))


@route("PATCH", "/applications/@me", partly="flags alone")
def patch_application(call: Call) -> Response:
    """Of the flags, those of the privileged intents can be set."""
    flags = call.body.object().get("flags", call.world.portal.flags())
    if not isinstance(flags, int):
        raise invalid_form({"flags": ("NUMBER_TYPE_COERCE", f"Value {flags!r} is not an int.")})
    call.world.portal.grant(flags)
    return Response(application_json(call.world.portal.flags()))


@route("GET", "/gateway", bot_only=False)
def get_gateway(call: Call) -> Response:
    return Response({"url": call.gateway.url})


@route("GET", "/gateway/bot")
def get_gateway_bot(call: Call) -> Response:
    limit = call.world.portal.start_limit()
    return Response({"url": call.gateway.url, "shards": 1, "session_start_limit": limit})
