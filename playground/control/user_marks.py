"""What a user does to a message besides reacting in a Discord client: pin it, or vote in its poll.

Each is a request of the control API. What Discord would refuse is refused with its own error.
"""

from collections.abc import Callable

from aiohttp import web

from playground.control.requests import actor_on, read_json
from playground.errors import ControlError
from playground.state.audit_log import Act
from playground.state.events import Deed
from playground.state.message import Message
from playground.state.world import World
from playground.types import Json


class UserMarks:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/pin", self.pin),
            web.delete("/playground/pin", self.unpin),
            web.post("/playground/vote", self.vote),
        ]

    async def pin(self, request: web.Request) -> web.Response:
        return await self._pinned(request, self._world.pins.pin)

    async def unpin(self, request: web.Request) -> web.Response:
        return await self._pinned(request, self._world.pins.unpin)

    async def _pinned(self, request: web.Request, change: Callable[[Message, Act], None]) -> web.Response:
        _, user_id, message = await self._who_and_what(request)
        change(message, Act(user_id))
        self._did(request, message, user_id)
        return web.json_response({"pinned": message.pinned_at is not None})

    async def vote(self, request: web.Request) -> web.Response:
        """`answer_ids` are what a person chooses, instead of what they had; none takes their vote back."""
        payload, user_id, message = await self._who_and_what(request)
        answers = payload.get("answer_ids")
        if message.poll is None or not isinstance(answers, list) or any(type(one) is not int for one in answers):
            raise ControlError(400, 'send {"message_id": of a poll, "answer_ids": [1, …]}')
        self._world.polls.vote(message, user_id, answers)
        self._did(request, message, user_id, answer_ids=answers)
        return web.json_response({"votes": message.poll.votes})

    def _did(self, request: web.Request, message: Message, user_id: str, **more: object) -> None:
        details = {"method": request.method, "path": request.path, "message_id": message.id, "more": more}
        self._world.events.did(Deed("request", user_id, message.channel_id, details))

    async def _who_and_what(self, request: web.Request) -> tuple[Json, str, Message]:
        payload = await read_json(request)
        user_id, message = actor_on(payload, self._world.messages)
        if message.ephemeral_to is not None:
            raise ControlError(400, "nobody can do that with a message that only one person sees")
        return payload, user_id, message
