"""Invites.

https://docs.discord.com/developers/resources/invite
"""

from playground.api.channels import channel_of
from playground.api.fields import Fields
from playground.api.guild_access import check_guild
from playground.api.routing import Call, Response, route
from playground.errors import ApiError, missing_permissions
from playground.state.permissions import CREATE_INSTANT_INVITE, MANAGE_CHANNELS, MANAGE_GUILD
from playground.state.seed import BOT_ID, CATEGORY, CHANNELS, guild_permissions, permissions

OF_CHANNEL = "/channels/{channel_id}/invites"
ONE = "/invites/{code}"
DAY_S, MOST_S = 86_400, 5_184_000


def _channel(call: Call, needed: int) -> str:
    channel_id = channel_of(call, needed)
    if channel_id not in CHANNELS or CHANNELS[channel_id].kind == CATEGORY:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    return channel_id


@route("POST", OF_CHANNEL, limit=(5, 10.0), partly="no targets and no roles")
def create_invite(call: Call) -> Response:
    channel_id, fields = _channel(call, CREATE_INSTANT_INVITE), Fields(call.body.object())
    max_age, max_uses = fields.whole("max_age", 0, MOST_S), fields.whole("max_uses", 0, 100)
    temporary, unique = bool(fields.flag("temporary")), bool(fields.flag("unique"))
    fields.done()
    invite = call.world.invites.create(
        channel_id,
        call.act,
        max_age=DAY_S if max_age is None else max_age,
        max_uses=max_uses or 0,
        temporary=temporary,
        unique=unique,
    )
    return Response(invite.as_json(details=True))


@route("GET", OF_CHANNEL)
def list_of_channel(call: Call) -> Response:
    channel_id = _channel(call, MANAGE_CHANNELS)
    found = [invite for invite in call.world.invites.values() if invite.channel_id == channel_id]
    return Response([invite.as_json(details=True) for invite in found])


@route("GET", "/guilds/{guild_id}/invites")
def list_of_guild(call: Call) -> Response:
    check_guild(call, MANAGE_GUILD)
    return Response([invite.as_json(details=True) for invite in call.world.invites.values()])


@route("GET", ONE, bot_only=False)
def get_invite(call: Call) -> Response:
    return Response(call.world.invites.find(call.params["code"]).as_json(counts=call.flag("with_counts")))


@route("DELETE", ONE)
def delete_invite(call: Call) -> Response:
    invite = call.world.invites.find(call.params["code"])
    if (
        not permissions(BOT_ID, invite.channel_id) & MANAGE_CHANNELS
        and not guild_permissions(BOT_ID) & MANAGE_GUILD
    ):
        raise missing_permissions()
    call.world.invites.delete(invite, call.act)
    return Response(invite.as_json())
