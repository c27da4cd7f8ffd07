"""Threads: started, changed, listed, and who is in them.

https://docs.discord.com/developers/resources/channel#start-thread-from-message
"""

import datetime

from playground.api.channels import channel_of
from playground.api.guild_access import check_members_intent
from playground.api.messages import ONE, message_of
from playground.api.routing import NO_CONTENT, Call, Response, route
from playground.errors import ApiError, invalid_form, unknown
from playground.rules.threads import check_thread
from playground.state.clock import iso
from playground.state.guild_objects import member_json
from playground.state.permissions import MANAGE_THREADS, READ_MESSAGE_HISTORY, VIEW_CHANNEL
from playground.state.seed import BOT_ID, CHANNELS, FORUM, GUILD_ID, MEDIA, MEMBERS, THREADS
from playground.state.thread import Thread
from playground.state.thread_access import active_threads, listed
from playground.types import Json

CHANNEL = "/channels/{channel_id}"
OF_THREAD = CHANNEL + "/thread-members"


def thread_of(call: Call) -> Thread:
    """The thread of the path. Raises 10003, 50001, or 50024 for a channel that is none."""
    channel_id = channel_of(call)
    if channel_id not in THREADS:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    return THREADS[channel_id]


@route("POST", ONE + "/threads", limit=(10, 10.0))
def start_from_message(call: Call) -> Response:
    message = message_of(call)
    return Response(call.world.threads.start_from(message, call.act, call.body.object()).seen_by(BOT_ID), 201)


@route("POST", CHANNEL + "/threads", limit=(10, 10.0))
def start_thread(call: Call) -> Response:
    channel_id, payload = channel_of(call), call.body.object()
    if channel_id not in CHANNELS or CHANNELS[channel_id].kind not in (FORUM, MEDIA):
        return Response(call.world.threads.start(channel_id, call.act, payload).seen_by(BOT_ID), 201)
    if not isinstance(payload.get("message"), dict):
        check_thread(payload, needs_name=True)
        raise invalid_form({"message": ("BASE_TYPE_REQUIRED", "This field is required")})
    thread, message = call.world.threads.post(channel_id, call.act, payload, call.body.files)
    return Response({**thread.seen_by(BOT_ID), "message": call.world.messages.as_json(message)}, 201)


@route("PUT", OF_THREAD + "/@me")
def join_thread(call: Call) -> Response:
    call.world.threads.members.add(thread_of(call), BOT_ID, BOT_ID)
    return NO_CONTENT


@route("DELETE", OF_THREAD + "/@me")
def leave_thread(call: Call) -> Response:
    call.world.threads.members.remove(thread_of(call), BOT_ID, BOT_ID)
    return NO_CONTENT


@route("PUT", OF_THREAD + "/{user_id}")
def add_member(call: Call) -> Response:
    call.world.threads.members.add(thread_of(call), _user(call), BOT_ID)
    return NO_CONTENT


@route("DELETE", OF_THREAD + "/{user_id}")
def remove_member(call: Call) -> Response:
    call.world.threads.members.remove(thread_of(call), _user(call), BOT_ID)
    return NO_CONTENT


def _user(call: Call) -> str:
    user_id = call.params["user_id"]
    if user_id not in MEMBERS:
        raise unknown(10013)
    return user_id


@route("GET", OF_THREAD + "/{user_id}")
def get_thread_member(call: Call) -> Response:
    thread, user_id = thread_of(call), call.params["user_id"]
    if user_id not in thread.members:
        raise unknown(10007)
    return Response(_member(call, thread, user_id))


@route("GET", OF_THREAD)
def list_members(call: Call) -> Response:
    thread = thread_of(call)
    check_members_intent(call)
    after, limit = call.number("after", 0, 0, 1 << 64), call.number("limit", 100, 1, 100)
    users = sorted((user for user in thread.members if int(user) > after), key=int)
    if call.flag("with_member"):
        users = users[:limit]
    return Response([_member(call, thread, user) for user in users])


def _member(call: Call, thread: Thread, user_id: str) -> Json:
    more = {"member": member_json(user_id)} if call.flag("with_member") else {}
    return {**thread.member_json(user_id), **more}


@route("GET", "/guilds/{guild_id}/threads/active")
def list_active(call: Call) -> Response:
    if call.params["guild_id"] != GUILD_ID:
        raise unknown(10004)
    return Response({**listed(active_threads()), "has_more": False})


@route("GET", CHANNEL + "/threads/archived/public")
def list_public(call: Call) -> Response:
    channel_id = channel_of(call, VIEW_CHANNEL | READ_MESSAGE_HISTORY)
    return _archived(call, [t for t in THREADS.values() if t.parent_id == channel_id and not t.private])


@route("GET", CHANNEL + "/threads/archived/private")
def list_private(call: Call) -> Response:
    channel_id = channel_of(call, VIEW_CHANNEL | READ_MESSAGE_HISTORY | MANAGE_THREADS)
    return _archived(call, [t for t in THREADS.values() if t.parent_id == channel_id and t.private])


@route("GET", CHANNEL + "/users/@me/threads/archived/private")
def list_joined(call: Call) -> Response:
    channel_id = channel_of(call, VIEW_CHANNEL | READ_MESSAGE_HISTORY)
    limit, before = call.number("limit", 50, 2, 100), call.number("before", 1 << 64, 0, 1 << 64)
    found = [
        thread
        for thread in THREADS.values()
        if thread.parent_id == channel_id and thread.private and thread.archived and BOT_ID in thread.members
    ]
    found = sorted((t for t in found if int(t.id) < before), key=lambda t: int(t.id), reverse=True)
    return Response({**listed(found[:limit]), "has_more": len(found) > limit})


def _archived(call: Call, threads: list[Thread]) -> Response:
    """A page of the archived ones, the latest archived first."""
    limit, before = call.number("limit", 50, 2, 100), call.query.get("before")
    found = [thread for thread in threads if thread.archived]
    if before is not None:
        try:
            moment = iso(datetime.datetime.fromisoformat(before).timestamp())
        except ValueError as error:
            problem = f"{before!r} is not a time."
            raise invalid_form({"before": ("DATE_TIME_TYPE_PARSE", problem)}) from error
        found = [thread for thread in found if iso(thread.archived_changed) < moment]  # as clients saw it
    found.sort(key=lambda thread: thread.archived_changed, reverse=True)
    return Response({**listed(found[:limit]), "has_more": len(found) > limit})
