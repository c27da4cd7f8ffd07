"""Polls: who voted, and their end.

https://docs.discord.com/developers/resources/poll#get-answer-voters
"""

from playground.api.messages import message_of
from playground.api.routing import Call, Response, route
from playground.errors import ApiError, invalid_form
from playground.state.polls import poll_of
from playground.state.seed import BOT_ID, USERS

POLL = "/channels/{channel_id}/polls/{message_id}"


@route("GET", POLL + "/answers/{answer_id}")
def list_voters(call: Call) -> Response:
    poll, answer_id = poll_of(message_of(call)), int(call.params["answer_id"])
    if answer_id not in poll.answers:
        raise invalid_form({"answer_id": ("BASE_TYPE_CHOICES", f"Value must be one of {list(poll.answers)}.")})
    after, limit = call.number("after", 0, 0, 1 << 64), call.number("limit", 25, 1, 100)
    users = sorted((user for user in poll.votes.get(answer_id, ()) if int(user) > after), key=int)
    return Response({"users": [USERS[user].as_json() for user in users[:limit]]})


@route("POST", POLL + "/expire")
def end_poll(call: Call) -> Response:
    message = message_of(call)
    poll_of(message)
    if message.author_id != BOT_ID:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    call.world.polls.end(message)
    return Response(call.world.messages.as_json(message))
