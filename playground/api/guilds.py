"""The guild itself."""

from playground.api.routing import Call, Response, route
from playground.errors import unknown
from playground.state.guild_objects import guild_json
from playground.state.seed import GUILD_ID, MEMBERS


def _guild(call: Call) -> None:
    if call.params["guild_id"] != GUILD_ID:
        raise unknown(10004)


@route("GET", "/guilds/{guild_id}")
def get_guild(call: Call) -> Response:
    _guild(call)
    counts = {"approximate_member_count": len(MEMBERS), "approximate_presence_count": len(MEMBERS)}
    return Response({**guild_json(), **(counts if call.flag("with_counts") else {})})
