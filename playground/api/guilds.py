"""The guild: its channels, roles and members."""

from playground.api.routing import Call, Response, route
from playground.errors import unknown
from playground.state.guild_objects import guild_json
from playground.state.seed import CHANNELS, GUILD_ID, MEMBERS, ROLES


def _guild(call: Call) -> None:
    if call.params["guild_id"] != GUILD_ID:
        raise unknown(10004)


@route("GET", "/guilds/{guild_id}")
def get_guild(call: Call) -> Response:
    _guild(call)
    counts = {"approximate_member_count": len(MEMBERS), "approximate_presence_count": len(MEMBERS)}
    return Response({**guild_json(), **(counts if call.flag("with_counts") else {})})


@route("GET", "/guilds/{guild_id}/channels")
def get_guild_channels(call: Call) -> Response:
    _guild(call)
    return Response([channel.as_json() for channel in CHANNELS.values()])


@route("GET", "/guilds/{guild_id}/roles")
def get_guild_roles(call: Call) -> Response:
    _guild(call)
    return Response([role.as_json() for role in ROLES.values()])
