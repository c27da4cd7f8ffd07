"""The guild of a path, and whether the bot may do there what the request asks."""

from playground.api.routing import Call
from playground.errors import missing_access, unknown
from playground.state.ranks import need
from playground.state.seed import BOT_ID, GUILD_ID, MEMBERS


def check_guild(call: Call, needed: int = 0) -> None:
    """Raises ApiError 10004 for another guild, 50001 for a bot that has left, 50013 where it may not do that."""
    if call.params["guild_id"] != GUILD_ID:
        raise unknown(10004)
    if BOT_ID not in MEMBERS:
        raise missing_access()
    need(BOT_ID, needed)


def check_members_intent(call: Call) -> None:
    """Raises ApiError 50001 where members are listed for an application that has not the intent for them."""
    if not call.world.portal.intents["members"]:
        raise missing_access()
