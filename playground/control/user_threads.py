"""What a user does with threads in a Discord client: start one, change it, delete it, join and leave.

Each is a request of the control API. What Discord would refuse is refused with its own error.
"""

from aiohttp import web

from playground.control.requests import actor, actor_on, read_form, read_json
from playground.errors import ControlError
from playground.state.audit_log import Act
from playground.state.seed import CHANNELS, FORUM, MEDIA, MEMBERS, THREADS
from playground.state.thread import PRIVATE_THREAD, PUBLIC_THREAD, Thread
from playground.state.world import World
from playground.types import Json

ON_START = ("name", "auto_archive_duration", "rate_limit_per_user", "applied_tags")
CHANGES = (*ON_START, "archived", "locked", "invitable")


class UserThreads:
    def __init__(self, world: World) -> None:
        self._world, self._threads = world, world.threads

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/thread", self.start),
            web.patch("/playground/thread", self.edit),
            web.delete("/playground/thread", self.delete),
            web.post("/playground/thread/member", self.join),
            web.delete("/playground/thread/member", self.leave),
        ]

    async def start(self, request: web.Request) -> web.Response:
        """About a message (`message_id`), in a channel (`private` or not), or a post in a forum, with `content`,
        files and `applied_tags`."""
        payload, uploads = await read_form(request)
        body: Json = {key: payload[key] for key in ON_START if key in payload}
        if payload.get("message_id") is not None:
            user_id, about = actor_on(payload, self._world.messages)
            thread = self._threads.start_from(about, Act(user_id), body)
            return web.json_response({"thread_id": thread.id, "message_id": None})
        user_id, channel_id = actor(payload)
        channel, message_id = CHANNELS.get(channel_id), None
        if channel is not None and channel.kind in (FORUM, MEDIA):
            message = {"content": payload.get("content") or ""}
            files = dict(enumerate(uploads))
            thread, first = self._threads.post(channel_id, Act(user_id), body | {"message": message}, files)
            message_id = first.id
        else:
            kind = PRIVATE_THREAD if payload.get("private") else PUBLIC_THREAD
            thread = self._threads.start(channel_id, Act(user_id), body | {"type": kind})
        return web.json_response({"thread_id": thread.id, "message_id": message_id})

    async def edit(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        user_id, thread = _who_and_which(payload)
        self._threads.edit(thread, Act(user_id), {key: payload[key] for key in CHANGES if key in payload})
        return web.json_response(thread.state_json())

    async def delete(self, request: web.Request) -> web.Response:
        user_id, thread = _who_and_which(await read_json(request))
        self._threads.delete(thread, Act(user_id))
        return web.json_response({"deleted": thread.id})

    async def join(self, request: web.Request) -> web.Response:
        """`member_id` is added, or without it whoever asks joins."""
        payload = await read_json(request)
        user_id, thread = _who_and_which(payload)
        self._threads.members.add(thread, _member(payload, user_id), user_id)
        return web.json_response(thread.state_json())

    async def leave(self, request: web.Request) -> web.Response:
        """`member_id` is removed, or without it whoever asks leaves."""
        payload = await read_json(request)
        user_id, thread = _who_and_which(payload)
        self._threads.members.remove(thread, _member(payload, user_id), user_id)
        return web.json_response(thread.state_json())


def _who_and_which(payload: Json) -> tuple[str, Thread]:
    thread = THREADS.get(str(payload.get("thread_id")))
    if thread is None:
        raise ControlError(404, f"there is no thread {payload.get('thread_id')!r}; threads: {list(THREADS)}")
    return actor(payload | {"channel_id": thread.id})[0], thread


def _member(payload: Json, user_id: str) -> str:
    member_id = str(payload.get("member_id") or user_id)
    if member_id not in MEMBERS:
        raise ControlError(404, f"nobody has the id {member_id!r}")
    return member_id
