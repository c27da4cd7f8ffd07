"""Bans."""

from playground.api.fields import Fields
from playground.api.guild_access import check_guild
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError
from playground.state.permissions import BAN_MEMBERS, MANAGE_GUILD

BANS = "/guilds/{guild_id}/bans"
WEEK_S = 7 * 86_400


@route("GET", BANS)
def list_bans(call: Call) -> Response:
    check_guild(call, BAN_MEMBERS)
    limit = call.number("limit", 1000, 1, 1000)
    before, after = call.number("before", 1 << 64, 0, 1 << 64), call.number("after", 0, 0, 1 << 64)
    found = sorted((user for user in call.world.bans if after < int(user) < before), key=int)
    shown = found[-limit:] if "before" in call.query else found[:limit]
    return Response([call.world.bans.as_json(user) for user in shown])


@route("GET", BANS + "/{user_id}")
def get_ban(call: Call) -> Response:
    check_guild(call, BAN_MEMBERS)
    return Response(call.world.bans.as_json(call.params["user_id"]))


@route("PUT", BANS + "/{user_id}")
def put_ban(call: Call) -> Response:
    check_guild(call)
    fields = Fields(call.body.object())
    days, seconds = fields.whole("delete_message_days", 0, 7), fields.whole("delete_message_seconds", 0, WEEK_S)
    fields.done()
    call.world.bans.add(call.act, call.params["user_id"], seconds or (days or 0) * 86_400)
    return NO_CONTENT


@route("DELETE", BANS + "/{user_id}")
def delete_ban(call: Call) -> Response:
    check_guild(call)
    call.world.bans.remove(call.act, call.params["user_id"])
    return NO_CONTENT


@route("POST", "/guilds/{guild_id}/bulk-ban")
def bulk_ban(call: Call) -> Response:
    """Those that cannot be banned, among them those that are, are told of; 500000 if that is everybody."""
    check_guild(call, BAN_MEMBERS | MANAGE_GUILD)
    fields = Fields(call.body.object())
    wanted = fields.snowflakes("user_ids", 200, needed=True) or []
    seconds = fields.whole("delete_message_seconds", 0, WEEK_S) or 0
    fields.done()
    banned: list[str] = []
    for user_id in dict.fromkeys(wanted):
        try:
            if user_id not in call.world.bans:
                call.world.bans.add(call.act, user_id, seconds)
                banned.append(user_id)
        except ApiError:
            continue
    if not banned:
        raise ApiError(400, 500000, "Failed to ban users")
    failed = [user_id for user_id in dict.fromkeys(wanted) if user_id not in banned]
    return Response({"banned_users": banned, "failed_users": failed})
