"""Users, the bot's guilds, and where the gateway is."""

from playground.api.routing import Call, Response, route
from playground.errors import unknown
from playground.state.guild_objects import guild_json
from playground.state.seed import BOT_ID, GUILD_ID, USERS, guild_permissions


@route("GET", "/users/@me/guilds")
def get_my_guilds(call: Call) -> Response:
    """The one that there is, if it is on this page."""
    call.number("limit", 200, 1, 200)
    before, after = call.number("before", 1 << 64, 0, 1 << 64), call.number("after", 0, 0, 1 << 64)
    if not after < int(GUILD_ID) < before:
        return Response([])
    guild = guild_json()
    mine = {key: guild[key] for key in ("id", "name", "icon", "banner", "features")}
    counts = call.world.presences.counts() if call.flag("with_counts") else {}
    return Response([{**mine, "owner": False, "permissions": str(guild_permissions(BOT_ID)), **counts}])


@route("GET", "/users/{user_id}")
def get_user(call: Call) -> Response:
    user = USERS.get(call.params["user_id"])
    if user is None:
        raise unknown(10013)
    return Response(user.as_json())


@route("GET", "/gateway", bot_only=False)
def get_gateway(call: Call) -> Response:
    return Response({"url": call.gateway.url})


@route("GET", "/gateway/bot")
def get_gateway_bot(call: Call) -> Response:
    limit = call.world.portal.start_limit()
    return Response({"url": call.gateway.url, "shards": 1, "session_start_limit": limit})
