"""Reactions."""

from playground.api.messages import ONE, message_of
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import unknown
from playground.rules.emoji import check_emoji
from playground.state.permissions import MANAGE_MESSAGES, VIEW_CHANNEL
from playground.state.seed import BOT_ID, USERS

REACTIONS = ONE + "/reactions"
REACTION_LIMIT = (1, 0.25)


@route("PUT", REACTIONS + "/{emoji}/@me", limit=REACTION_LIMIT, shared="reactions")
def put_reaction(call: Call) -> Response:
    call.world.reactions.add(message_of(call), call.params["emoji"], BOT_ID)
    return NO_CONTENT


@route("DELETE", REACTIONS + "/{emoji}/@me", limit=REACTION_LIMIT, shared="reactions")
def delete_my_reaction(call: Call) -> Response:
    call.world.reactions.remove(message_of(call), call.params["emoji"], BOT_ID)
    return NO_CONTENT


@route("DELETE", REACTIONS + "/{emoji}/{user_id}", limit=REACTION_LIMIT, shared="reactions")
def delete_reaction_of(call: Call) -> Response:
    user_id = call.params["user_id"]
    message = message_of(call, VIEW_CHANNEL | (0 if user_id == BOT_ID else MANAGE_MESSAGES))
    if user_id not in USERS:
        raise unknown(10013)
    call.world.reactions.remove(message, call.params["emoji"], user_id)
    return NO_CONTENT


@route("GET", REACTIONS + "/{emoji}", limit=(5, 1.0))
def list_reactions(call: Call) -> Response:
    users = message_of(call).reactions.get(check_emoji(call.params["emoji"]), [])
    after, limit = call.number("after", 0, 0, 1 << 64), call.number("limit", 25, 1, 100)
    wanted = sorted((user for user in users if int(user) > after), key=int)[:limit]
    if call.query.get("type") == "1":  # burst reactions, of which there are none
        wanted = []
    return Response([USERS[user].as_json() for user in wanted])


@route("DELETE", REACTIONS + "/{emoji}", limit=REACTION_LIMIT, shared="reactions")
def delete_reactions_of(call: Call) -> Response:
    call.world.reactions.clear(message_of(call, VIEW_CHANNEL | MANAGE_MESSAGES), call.params["emoji"])
    return NO_CONTENT


@route("DELETE", REACTIONS, limit=REACTION_LIMIT, shared="reactions")
def delete_all_reactions(call: Call) -> Response:
    call.world.reactions.clear(message_of(call, VIEW_CHANNEL | MANAGE_MESSAGES))
    return NO_CONTENT
