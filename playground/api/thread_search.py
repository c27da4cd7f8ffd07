"""Searching the threads of a channel.

https://docs.discord.com/developers/resources/channel
"""

from playground.api.channels import channel_of
from playground.api.routing import Call, Response, route
from playground.state.permissions import READ_MESSAGE_HISTORY, VIEW_CHANNEL
from playground.state.seed import BOT_ID, THREADS, permissions
from playground.state.thread import Thread
from playground.state.thread_access import listed

NEWEST_POSSIBLE = 1 << 64


@route("GET", "/channels/{channel_id}/threads/search", partly="no slop, sorted by creation and last message alone")
def search_threads(call: Call) -> Response:
    channel_id = channel_of(call, VIEW_CHANNEL | READ_MESSAGE_HISTORY)
    limit, offset = call.number("limit", 25, 1, 25), call.number("offset", 0, 0, 9975)
    low, high = (
        call.number(key, default, 0, NEWEST_POSSIBLE)
        for key, default in (("min_id", 0), ("max_id", NEWEST_POSSIBLE))
    )
    words, tags = call.query.get("name", "").lower().split(), _tags(call)
    wants_all = call.query.get("tag_setting") == "match_all"

    def fits(thread: Thread) -> bool:
        has = [tag in thread.tags for tag in tags]
        return (
            thread.parent_id == channel_id
            and bool(permissions(BOT_ID, thread.id) & VIEW_CHANNEL)
            and low < int(thread.id) < high
            and all(word in thread.name.lower() for word in words)
            and (not has or (all(has) if wants_all else any(has)))
            and ("archived" not in call.query or thread.archived == call.flag("archived"))
        )

    by_creation = call.query.get("sort_by") == "creation_time"
    found = sorted(
        filter(fits, THREADS.values()),
        key=lambda thread: int(thread.id if by_creation else thread.last_message_id or thread.id),
        reverse=call.query.get("sort_order", "desc") == "desc",
    )
    page = found[offset : offset + limit]
    firsts = [call.world.messages[thread.id] for thread in page if thread.id in call.world.messages]
    return Response(
        {
            **listed(page),
            "has_more": len(found) > offset + limit,
            "total_results": len(found),
            "first_messages": [call.world.messages.as_json(message) for message in firsts],
        }
    )


def _tags(call: Call) -> list[str]:
    return [tag for tag in call.query.get("tag", "").split(",") if tag]
